"""The engines of scripts/bench_predict.py. An engine is constructed from the options and one of its choices. Called with an image u8 [H,W,3] RGB, it
returns labels u8 [H,W]. `facts` describes it."""
import itertools

import numpy as np

import bench_pytorch_common as common
import bench_pytorch_machine as machine


class TorchEngine:
    """The network of scripts/bench_pytorch_model.py with folded batch norm, eager or compiled."""

    compiles = False
    layouts = ("contiguous", "channels-last")

    @classmethod
    def choices(cls, args):
        """Pairs of memory layout and precision."""
        precisions = [args.precision]
        if args.precision == "auto":
            precisions = ["fp32", "bf16"] if machine.multiplies_bf16("cpu") else ["fp32"]
        return list(itertools.product(cls.layouts if args.layout == "auto" else [args.layout], precisions))

    def __init__(self, args, choice):
        import bench_pytorch_model as network
        import bench_pytorch_step as bench
        import torch

        torch.set_num_threads(args.threads)
        torch.manual_seed(0)
        layout, precision = choice
        self.torch, self.network = torch, network
        self.type = torch.bfloat16 if precision == "bf16" else torch.float32
        tensors = network.read_safetensors(args.weights)[0] if args.weights else None
        classes = len(tensors["model.decoder.last_conv.8.bias"]) if tensors else args.classes
        model = network.DeepLabV3Plus(classes).eval()
        if tensors:
            network.load_model(model, tensors)
        format = torch.channels_last if layout == "channels-last" else torch.contiguous_format
        self.normalize = bench.Normalize(format)
        self.model = network.folded(model, self.type, format)
        self.labels = self.labels_of
        if self.compiles:
            if hasattr(torch, "_inductor"):
                import torch._inductor.config as inductor

                inductor.freezing = True  # weights are constants, laid out for their convolutions once
            self.labels = bench.compiled(self.labels_of, "compile")
        self.facts = {"versions": {"torch": torch.__version__}, "precision": precision, "layout": layout, "classes": classes,
                      "weights": args.weights or "random"}

    def labels_of(self, images):
        logits = self.model(self.normalize(images).to(self.type))
        return self.network.upsample(logits, images[..., 0], False).argmax(1).to(self.torch.uint8)

    def __call__(self, image):
        with self.torch.inference_mode():
            return self.labels(self.torch.from_numpy(image)[None])[0].numpy()


class CompileEngine(TorchEngine):
    """From the image to the labels through torch.compile."""

    compiles = True
    layouts = ("channels-last",)  # the compiler always lays out a frozen graph like this


class OnnxRuntimeEngine:
    @staticmethod
    def choices(args):
        if args.precision == "bf16":
            common.refuse("ONNX Runtime computes this file in float32 on the CPU; run without --precision bf16")
        return ["fp32"]

    def __init__(self, args, precision):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        self.session = onnxruntime.InferenceSession(args.model, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.values = np.empty((1, 3, *args.size), np.float32)
        self.facts = {"versions": {"onnxruntime": onnxruntime.__version__}, "precision": precision, "model": args.model}

    def __call__(self, image):
        np.copyto(self.values[0], image.transpose(2, 0, 1))
        return self.session.run(None, {self.input: self.values})[0][0].astype(np.uint8)


class OpenVinoEngine:
    """The type and layout conversions are part of the graph, as OpenVINO's documentation advises."""

    @staticmethod
    def choices(args):
        return [args.precision]

    def __init__(self, args, precision):
        import openvino
        from openvino import Layout, Type, properties
        from openvino.preprocess import PrePostProcessor

        core = openvino.Core()
        steps = PrePostProcessor(core.read_model(args.model))
        steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
        steps.input().model().set_layout(Layout("NCHW"))
        steps.output().tensor().set_element_type(Type.u8)
        model = steps.build()
        model.reshape([1, *args.size, 3])
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": args.threads}
        if precision != "auto":
            settings["INFERENCE_PRECISION_HINT"] = {"fp32": "f32", "bf16": "bf16"}[precision]
        compiled = core.compile_model(model, "CPU", settings)
        self.request = compiled.create_infer_request()
        chosen = compiled.get_property(properties.hint.inference_precision).to_string()
        self.facts = {"versions": {"openvino": openvino.__version__}, "precision": {"f32": "fp32"}.get(chosen, chosen), "model": args.model,
                      "openvino_threads": compiled.get_property("INFERENCE_NUM_THREADS")}

    def __call__(self, image):
        return self.request.infer({0: image[None]}, share_inputs=True, share_outputs=True)[0][0].copy()


ENGINES = {"torch": TorchEngine, "compile": CompileEngine, "onnxruntime": OnnxRuntimeEngine, "openvino": OpenVinoEngine}
