// SPDX-License-Identifier: MIT
// Purpose: collects what is wrong with a configuration file, so that a person sees all of it at once.
// Thread: any; start-up only.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace xes::app {

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void error(unsigned line, std::string text) { errors_.push_back({line, std::move(text)}); }
  void warning(unsigned line, std::string text) { warnings_.push_back({line, std::move(text)}); }

  bool has_errors() const { return !errors_.empty(); }
  /// "FILE:LINE: text", by line.
  std::vector<std::string> errors() const { return lines(errors_); }
  std::vector<std::string> warnings() const { return lines(warnings_); }

 private:
  struct Remark {
    unsigned line;
    std::string text;
  };

  std::vector<std::string> lines(std::vector<Remark> remarks) const {
    std::stable_sort(remarks.begin(), remarks.end(),
                     [](const Remark& a, const Remark& b) { return a.line < b.line; });
    std::vector<std::string> out;
    out.reserve(remarks.size());
    for (const Remark& remark : remarks)
      out.push_back(file_ + ":" + std::to_string(remark.line) + ": " + remark.text);
    return out;
  }

  std::string file_;
  std::vector<Remark> errors_;
  std::vector<Remark> warnings_;
};

}  // namespace xes::app
