// What a piece of work asks of LibTorch and of our kernels.
#pragma once

#include <ATen/record_function.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace seg::test {

/// The names of all operations of this thread, those inside others too, in their order: "aten::add", "seg::class_sums".
inline std::vector<std::string> operations_of(const std::function<void()>& work) {
  thread_local std::vector<std::string> names;
  names.clear();
  const auto note = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    names.emplace_back(function.name());
    return nullptr;
  };
  struct Listening {
    ~Listening() { at::removeCallback(handle); }
    at::CallbackHandle handle;
  };
  const Listening listening{at::addThreadLocalCallback(at::RecordFunctionCallback(note).scopes({at::RecordScope::FUNCTION}))};
  work();
  return names;
}

}  // namespace seg::test
