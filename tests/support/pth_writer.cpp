#include "support/pth_writer.hpp"

#include <zip.h>

#include <cstring>
#include <stdexcept>

#include "support/support.hpp"

namespace seg::test {

namespace {

template <class Number>
std::string bytes_of(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string set_items(const std::string& dict, const std::vector<std::pair<std::string, std::string>>& items) {
  std::string program = dict + "(";
  for (const auto& [key, value] : items) program += pickled::text(key) + value;
  return program + "u";
}

}  // namespace

namespace pickled {

std::string text(const std::string& value) { return "X" + bytes_of(static_cast<std::uint32_t>(value.size())) + value; }
std::string number(std::int64_t value) { return "\x8a\x08" + bytes_of(value); }
std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

std::string tuple(const std::vector<std::string>& items) {
  std::string program = "(";
  for (const std::string& item : items) program += item;
  return program + "t";
}

std::string numbers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(number(value));
  return tuple(items);
}

std::string dict(const std::vector<std::pair<std::string, std::string>>& items) { return set_items("}", items); }

std::string ordered_dict(const std::vector<std::pair<std::string, std::string>>& items) {
  return set_items(global("collections", "OrderedDict") + ")R", items);
}

std::string tensor(const Tensor& tensor) {
  std::vector<std::string> id{text("storage"), global("torch", tensor.type), text(tensor.storage), text("cpu"), number(tensor.storage_elements)};
  if (!tensor.view.empty()) id.push_back(tensor.view);
  const std::string storage = tuple(id) + "Q";
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, number(tensor.offset), numbers(tensor.shape), numbers(tensor.strides), "\x89", ordered_dict({})}) + "R";
}

std::string parameter(const Tensor& value) {
  return global("torch._utils", "_rebuild_parameter") + tuple({tensor(value), "\x88", ordered_dict({})}) + "R";
}

std::string program(const std::string& value) { return "\x80\x02" + value + "."; }

}  // namespace pickled

void write_zip(const std::filesystem::path& path, const std::map<std::string, std::string>& members, bool compressed) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  if (archive == nullptr) throw std::runtime_error("cannot write " + path.string());
  for (const auto& [name, bytes] : members) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, ("archive/" + name).c_str(), source, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("cannot write " + path.string());
}

void write_legacy_pth(const std::filesystem::path& path, const std::string& pickle, const std::vector<LegacyStorage>& storages,
                      const std::string& little_endian) {
  const std::string magic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", version = "\x80\x02M\xe9\x03.";
  std::string keys = "]", values;
  for (const LegacyStorage& storage : storages) {
    keys += pickled::text(storage.key) + "a";
    values += bytes_of(storage.elements) + storage.bytes;
  }
  const std::string system = pickled::dict({{"protocol_version", pickled::number(1001)}, {"little_endian", little_endian}});
  write_text(path, magic + version + pickled::program(system) + pickle + pickled::program(keys) + values);
}

void write_pth(const std::filesystem::path& path, const std::string& pickle, const std::map<std::string, std::string>& storages) {
  std::map<std::string, std::string> members{{"data.pkl", pickle}, {"byteorder", "little"}, {"version", "3\n"}};
  for (const auto& [key, bytes] : storages) members.emplace("data/" + key, bytes);
  write_zip(path, members);
}

}  // namespace seg::test
