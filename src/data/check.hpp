// Decodes every image and label file of a split and lists all problems.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/file_dataset.hpp"

namespace seg {

struct Finding {
  std::string file;
  std::string defect;      // "label value 17 is outside the class table", "damaged PNG: ..."
  std::int64_t count = 1;  // pixels of an unknown label value; 1 for a defect of the file
};

struct DataCheck {
  std::vector<Finding> findings;            // in the order of the data set, for any number of workers
  std::vector<std::string> absent_classes;  // classes without a pixel in any readable label file
};

/// Broken files are findings, never exceptions.
DataCheck check_dataset(const FileDataset& dataset, std::int64_t workers);

}  // namespace seg
