// Precompiled for the tests of modules with LibTorch.
#pragma once

#include "core/pch.hpp"
#include "support/pch.hpp"
