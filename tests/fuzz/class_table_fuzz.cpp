// The class-table reader: any text becomes a table whose train ids fit it, or a configuration error.
#include "data/class_table.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const seg::fuzz::InputFile input(data, size);
  seg::fuzz::expect_error_at_most(seg::ErrorKind::kConfiguration, [&] {
    const seg::ClassFile file = seg::read_class_file(input.path());
    for (const bool train_void : {false, true}) {
      const seg::ClassTable classes = seg::class_table(file, train_void);
      if (classes.empty() || classes.size() > seg::kMaxClasses) std::abort();
      for (const auto& [id, train_id] : seg::train_ids(file, train_void))
        if (train_id != seg::kIgnoreLabel && train_id >= classes.size()) std::abort();
    }
  });
  return 0;
}
