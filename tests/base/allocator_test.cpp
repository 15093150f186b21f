// base/allocator.cpp, which every program is linked with.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "base/memory.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

class Allocator : public testing::Test {
 protected:
  void SetUp() override {
    if (test::kSanitized) GTEST_SKIP() << "the sanitizer brings its own allocator";
  }
  void TearDown() override { leave_room_behind_objects(0); }
};

TEST_F(Allocator, ObjectsHaveTheRoomBehindThemThatWasAskedFor) {
  for (const std::size_t size : {1U, 64U, 4096U, 1U << 20U}) {
    for (const std::size_t room : {128U, 1024U}) {
      leave_room_behind_objects(room);
      void* object = ::operator new(size);
      EXPECT_GE(malloc_usable_size(object), size + room);
      ::operator delete(object, size);
      const auto array = std::make_unique<char[]>(size);
      EXPECT_GE(malloc_usable_size(array.get()), size + room);
    }
  }
}

TEST_F(Allocator, ThereIsNoRoomUnlessAskedFor) {
  void* object = ::operator new(4096);
  EXPECT_EQ(malloc_usable_size(object), 4096U);
  leave_room_behind_objects(1U << 20U);
  ::operator delete(object, 4096);  // of the size it was made with, whatever the room is now
  std::vector<void*> others(100);
  for (void*& other : others) other = ::operator new(4096);
  leave_room_behind_objects(0);
  for (void* other : others) ::operator delete(other, 4096);
}

TEST_F(Allocator, WhatCannotBeIsRefused) {
  leave_room_behind_objects(128);
  volatile std::size_t too_large = SIZE_MAX - 8;  // with room behind it, it would wrap around
  EXPECT_THROW(::operator delete(::operator new(too_large)), std::bad_alloc);
  EXPECT_EQ(::operator new(too_large, std::nothrow), nullptr);
  too_large = SIZE_MAX / 2;
  EXPECT_THROW(::operator delete(::operator new(too_large)), std::bad_alloc);
}

}  // namespace
}  // namespace seg
