// The one include of the test framework (Catch2 v2), so that another version is a change in one
// place.
#pragma once

#include <catch2/catch.hpp>
