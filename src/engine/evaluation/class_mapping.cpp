#include "engine/evaluation/class_mapping.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/error.hpp"

namespace seg {

namespace {

/// Normalises a class name: letters and digits only, in lower case, with synonyms replaced by one word.
std::string meaning(const std::string& name) {
  std::string word;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  // Left: names of SYNTHIA and CamVid. Right: those of Cityscapes.
  static const std::map<std::string, std::string> synonyms{
      {"pedestrian", "person"}, {"pavement", "sidewalk"}, {"tree", "vegetation"}, {"signsymbol", "trafficsign"}, {"bike", "bicycle"}};
  const auto found = synonyms.find(word);
  return found == synonyms.end() ? word : found->second;
}

}  // namespace

ClassMapping map_classes(const ClassTable& model, const ClassTable& data) {
  ClassMapping mapping;
  if (std::ranges::equal(model, data, {}, &ClassInfo::name, &ClassInfo::name)) return mapping;
  std::map<std::string, std::uint8_t> by_meaning;
  for (std::size_t id = 0; id < data.size(); ++id) by_meaning[meaning(data[id].name)] = static_cast<std::uint8_t>(id);
  mapping.ignored_truth.assign(data.size(), true);
  for (const ClassInfo& info : model) {
    const auto found = by_meaning.find(meaning(info.name));
    mapping.model_to_data.push_back(found == by_meaning.end() ? kIgnoreLabel : found->second);
    if (found == by_meaning.end())
      mapping.model_only.push_back(info.name);
    else
      mapping.ignored_truth[found->second] = false;
  }
  for (std::size_t id = 0; id < data.size(); ++id)
    if (mapping.ignored_truth[id]) mapping.data_only.push_back(data[id].name);
  if (mapping.data_only.size() == data.size())
    throw Error(ErrorKind::kData, "no class of the model is among the classes of the data set",
                "evaluate on a data set that shares class names with the model");
  return mapping;
}

}  // namespace seg
