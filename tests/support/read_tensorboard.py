#!/usr/bin/env python3
"""Prints the records of a TFRecord file of TensorBoard events, checking every checksum; shares no code with the writer.

A line a value: step, tag, and the number of a scalar, the buckets of a histogram, the size and form of an image, hyper-parameters, or
the text. Standard library only.
"""
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def check(data, stored):
    crc = crc32c(data)
    masked = ((crc >> 15) | (crc << 17) & 0xFFFFFFFF) + 0xA282EAD8 & 0xFFFFFFFF
    if masked != stored:
        sys.exit(f"checksum {stored:#x} is not {masked:#x}")


def records(content):
    position = 0
    while position < len(content):
        length, crc = struct.unpack_from("<QI", content, position)
        check(content[position:position + 8], crc)
        data = content[position + 12:position + 12 + length]
        check(data, struct.unpack_from("<I", content, position + 12 + length)[0])
        yield data
        position += 16 + length


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def fields(data):
    position = 0
    while position < len(data):
        key, position = varint(data, position)
        kind = key & 7
        if kind == 0:
            value, position = varint(data, position)
        else:
            if kind == 2:
                size, position = varint(data, position)
            else:
                size = {1: 8, 5: 4}[kind]
            value, position = data[position:position + size], position + size
        yield key >> 3, value


def scalar_of(value):
    """A google.protobuf.Value."""
    number, content = next(fields(value))
    return {2: lambda: struct.unpack("<d", content)[0], 3: lambda: content.decode(), 4: lambda: bool(content)}[number]()


def hparams_of(content):
    (number, data), = fields(content)
    if number == 2:
        infos = list(fields(data))
        names = [dict(fields(info))[1].decode() for kind, info in infos if kind == 4]
        metrics = [dict(fields(dict(fields(info))[1]))[2].decode() for kind, info in infos if kind == 5]
        return f"settings {names} metrics {metrics}"
    if number == 3:
        entries = [dict(fields(entry)) for kind, entry in fields(data) if kind == 1]
        return str(dict(sorted((entry[1].decode(), scalar_of(entry[2])) for entry in entries)))
    return f"status {dict(fields(data))[1]}"


def text_of(value):
    found = dict(fields(value))
    tag = found[1].decode()
    if 2 in found:
        return f"{tag} {struct.unpack('<f', found[2])[0]:g}"
    if 4 in found:
        image = dict(fields(found[4]))
        return f"{tag} image {image[1]}x{image[2]} {image[3]} channels {image[4][1:4].decode()}"
    if 9 in found:
        plugin = dict(fields(dict(fields(found[9]))[1]))
        if plugin[1] == b"hparams":
            return f"{tag} {hparams_of(plugin[2])}"
    if 5 in found:
        counts = dict(fields(found[5]))[7]
        return f"{tag} {[int(x) for x in struct.unpack(f'<{len(counts) // 8}d', counts)]}"
    return f"{tag} {dict(fields(found[8]))[8].decode()!r}"


def main():
    with open(sys.argv[1], "rb") as file:
        content = file.read()
    for data in records(content):
        event = dict(fields(data))
        step = event.get(2, 0)
        if 3 in event:
            print(step, "version", event[3].decode())
        for number, value in fields(event.get(5, b"")):
            if number == 1:
                print(step, text_of(value))


main()
