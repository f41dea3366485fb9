// SPDX-License-Identifier: MIT
#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/reference.hpp"
#include "base/text.hpp"

namespace xes::app {
namespace {

constexpr char description[] =
    "Streams the items of XMPP pubsub nodes to web pages as Server-Sent Events, behind a web server that "
    "speaks "
    "FastCGI or SCGI.";

constexpr char footer[] =
    "Exit codes: 0 success, 1 the configuration is not valid or the worker could not start, 2 wrong usage.\n"
    "\n"
    "A first start:\n"
    "  xmpp-eventsource --print-config-example > /etc/xmpp-eventsource/xmpp-eventsource.toml\n"
    "  (name your XMPP server and services in it, and put the component's secret into its secret_file)\n"
    "  xmpp-eventsource --check && xmpp-eventsource\n"
    "\n"
    "Documentation: README.md and, for operators, deploy/README.md, in the source and in\n"
    "/usr/share/doc/xmpp-eventsource/.\n";

tl::unexpected<Ending> wrong_usage(const std::string& reason) {
  return tl::unexpected(Ending{
      exit_usage, "xmpp-eventsource: " + reason + "\nxmpp-eventsource --help explains the options.\n"});
}

}  // namespace

tl::expected<CommandLine, Ending> parse_command_line(std::vector<std::string> arguments) {
  CommandLine line{"/etc/xmpp-eventsource/xmpp-eventsource.toml", false};
  bool reference = false, metrics = false, example = false;
  CLI::App app(description, "xmpp-eventsource");
  app.footer(footer);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", "xmpp-eventsource " XES_VERSION, "Print the version and exit");
  app.add_option("-c,--config", line.config, "The configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--check", line.check,
               "Check the configuration, print each error with file and line, and exit");
  app.add_flag("--print-config-reference", reference,
               "Print every option of the configuration as a Markdown table and exit");
  app.add_flag("--print-metrics-reference", metrics,
               "Print every metric, close reason and limit as Markdown tables and exit");
  app.add_flag("--print-config-example", example,
               "Print a commented configuration with every option and exit");
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return tl::unexpected(Ending{exit_ok, app.help()});
  } catch (const CLI::CallForVersion& version) {
    return tl::unexpected(Ending{exit_ok, std::string(version.what()) + "\n"});
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what());
  }
  if (line.config.empty()) return wrong_usage("--config needs the name of a file");
  if (reference) return tl::unexpected(Ending{exit_ok, config_reference()});
  if (metrics)
    return tl::unexpected(
        Ending{exit_ok, metrics_reference() + "\n" + close_reasons_reference() + "\n" + limits_reference()});
  if (example) return tl::unexpected(Ending{exit_ok, config_example()});
  return line;
}

}  // namespace xes::app
