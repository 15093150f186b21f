// apps/allocator.cpp, which every program is linked with.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <memory>
#include <new>

#include "support/support.hpp"

namespace seg {
namespace {

class Allocator : public testing::Test {
 protected:
  void SetUp() override {
    if (test::kSanitized) GTEST_SKIP() << "the sanitizer brings its own allocator";
  }
};

TEST_F(Allocator, ObjectsHaveRoomBehindThem) {
  for (const std::size_t size : {1U, 64U, 4096U, 1U << 20U}) {
    void* object = ::operator new(size);
    EXPECT_GE(malloc_usable_size(object), size + 16 * sizeof(std::size_t));
    ::operator delete(object, size);
    const auto array = std::make_unique<char[]>(size);
    EXPECT_GE(malloc_usable_size(array.get()), size + 16 * sizeof(std::size_t));
  }
}

TEST_F(Allocator, WhatCannotBeIsRefused) {
  volatile std::size_t too_large = SIZE_MAX - 8;  // with room behind it, it would wrap around
  EXPECT_THROW(::operator delete(::operator new(too_large)), std::bad_alloc);
  EXPECT_EQ(::operator new(too_large, std::nothrow), nullptr);
  too_large = SIZE_MAX / 2;
  EXPECT_THROW(::operator delete(::operator new(too_large)), std::bad_alloc);
}

}  // namespace
}  // namespace seg
