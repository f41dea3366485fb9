// SPDX-License-Identifier: MIT
// JIDs come from paths, tokens, REMOTE_USER and other servers. Prepared once must be prepared for good, and no part may
// hold what ends it.
#include "wire/jid.hpp"

#include <string>

#include "base/text.hpp"
#include "fuzz.hpp"
#include "wire/glob.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

template <class Prepare>
void check_part(std::string_view text, Prepare prepare, std::string_view ends) {
  const Result<std::string> once = prepare(text);
  if (!once) return;
  check(!once->empty() && once->size() <= max_jid_part_bytes);
  check(once->find_first_of(ends) == once->npos);
  check(is_xml_text(*once));
  const Result<std::string> twice = prepare(*once);
  check(twice.has_value() && *twice == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  check_part(input, localpart, std::string_view("\"&'/:<>@ \0\n", 11));
  check_part(input, domainpart, std::string_view("/@ \0\n", 5));
  check_part(input, resourcepart, std::string_view("\0\n", 2));

  if (const auto jid = bare_jid(input)) {
    check(jid->find('/') == jid->npos);
    check(jid->size() <= 2 * max_jid_part_bytes + 1);
    check(bare_jid(*jid).value() == *jid);
    if (!is_glob(*jid)) check(jid_matches(*jid, *jid));
    check(jid_matches(jid->find('@') == jid->npos ? "*" : "*@*", *jid));
    check(!jid_matches(jid->find('@') == jid->npos ? "*@*" : "*", *jid));
  }
  if (const auto local = unmistakable_localpart(input)) {
    check(localpart(input).value() == *local);
    check(unmistakable_localpart(*local).value() == *local);
  }
  if (const auto account = unmistakable_account(input)) {
    check(bare_jid(input).value() == *account);
    check(unmistakable_account(*account).value() == *account);
  }
  return 0;
}
