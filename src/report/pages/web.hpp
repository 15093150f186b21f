// The parts of HTML pages: text files built into the program (src/report/pages/web, and Chart.js of the build machine).
#pragma once

#include <string_view>

namespace seg {

extern const std::string_view kChartLibrary;      // JavaScript that defines Chart
extern const std::string_view kPageStyle;         // CSS
extern const std::string_view kPageScript;        // JavaScript: drawing functions for all pages
extern const std::string_view kRunScript;         // the charts of a run
extern const std::string_view kComparisonScript;  // the charts of a comparison
extern const std::string_view kStatisticsScript;  // the charts of a data set

// Mustache templates (report/pages/page.hpp).
extern const std::string_view kPageTemplate;  // around the body of each page
extern const std::string_view kRunTemplate;   // bodies
extern const std::string_view kComparisonTemplate;
extern const std::string_view kStatisticsTemplate;
extern const std::string_view kChartTemplate;  // parts
extern const std::string_view kTableTemplate;
extern const std::string_view kHeatTemplate;
extern const std::string_view kSideBySideTemplate;  // an SVG picture (report/pages/side_by_side.hpp)

}  // namespace seg
