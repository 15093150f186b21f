// What a shell completes on the command line of a program, taken from the program's own table.
//
// A line of bash for each fact; apps/completion.bash reads them:
//   _seg_options['segdata check']='--config --set --help'     what may follow a program, or one of its verbs; <file>: any path
//   _seg_values['--device']='auto cpu cuda'                   what may follow an option that takes a value; '': no list, no path
// An option's name means one thing in all programs, so it stands there without one.
#pragma once

#include <string>

#include "base/app.hpp"

namespace seg {

std::string completion_table(const Program& program);

}  // namespace seg
