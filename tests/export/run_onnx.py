// node run_onnx.js MODEL INPUT N,C,H,W OUTPUT: feeds float32 values to the only input, writes the only output's raw bytes.
// The package onnxruntime-node is looked for as node does it: NODE_PATH names a node_modules folder elsewhere.
const fs = require('fs');
const ort = require('onnxruntime-node');

async function main([model, input, shape, output]) {
  const session = await ort.InferenceSession.create(model);
  const bytes = fs.readFileSync(input);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const image = new ort.Tensor('float32', values, shape.split(',').map(Number));
  const result = (await session.run({ [session.inputNames[0]]: image }))[session.outputNames[0]];
  fs.writeFileSync(output, Buffer.from(result.data.buffer, result.data.byteOffset, result.data.byteLength));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
