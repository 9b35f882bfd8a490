#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>

#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory::cli {

std::span<const Setting> serve_settings() {
  static const auto known = std::to_array<Setting>({
      {"listen", "FACTORY_LISTEN", "127.0.0.1:8080", "address and port; port 0 takes a free one"},
      {"data", "FACTORY_DATA", "", "data folder (default: $XDG_DATA_HOME/agent-factory)"},
      {"config", "FACTORY_CONFIG", "", "configuration file (JSON; flags and environment win)"},
      {"log-level", "FACTORY_LOG_LEVEL", "info", "debug, info, warning or error"},
      {"announce-url", "FACTORY_ANNOUNCE_URL", "",
       "gets a POST for what waits, is late or was decided"},
      {"webhook-allow-private", "FACTORY_WEBHOOK_ALLOW_PRIVATE", "",
       "addresses that webhooks may point to though they are not public, as 10.0.0.0/8 or all; "
       "can be repeated",
       SettingKind::list},
      {"access-log", "FACTORY_ACCESS_LOG", "failed",
       "which requests the log tells of: none, failed (status 500 and above) or all"},
      {"metrics-public", "FACTORY_METRICS_PUBLIC", "false", "/metrics answers without a key",
       SettingKind::yes_no},
      {"seal-seconds", "FACTORY_SEAL_SECONDS", "60", "how often the event log is signed",
       SettingKind::number, 1, 86'400},
      {"rate-limit", "FACTORY_RATE_LIMIT", "6000",
       "requests a minute of one principal, or of one address without a key; 0: no limit",
       SettingKind::number, 0, 1'000'000},
      {"rate-limit-login", "FACTORY_RATE_LIMIT_LOGIN", "20",
       "logins a minute from one address; 0: no limit", SettingKind::number, 0, 1'000'000},
      {"rate-limit-destructive", "FACTORY_RATE_LIMIT_DESTRUCTIVE", "120",
       "deleting, revoking and archiving a minute of one principal; 0: no limit",
       SettingKind::number, 0, 1'000'000},
      {"trusted-proxy", "FACTORY_TRUSTED_PROXIES", "",
       "address of a proxy whose X-Forwarded-For is believed; can be repeated", SettingKind::list},
      {"cors-origin", "FACTORY_CORS_ORIGINS", "",
       "origin whose pages may call, as https://console.example.com; can be repeated",
       SettingKind::list},
      {"tls-cert", "FACTORY_TLS_CERT", "",
       "PEM file of the server's certificate and its chain: HTTPS instead of HTTP"},
      {"tls-key", "FACTORY_TLS_KEY", "", "PEM file of its key, not readable for others"},
      {"tls-min", "FACTORY_TLS_MIN", "1.3", "the oldest version of TLS that is spoken: 1.3 or 1.2"},
      {"public-url", "FACTORY_PUBLIC_URL", "",
       "address that browsers know this server by (default: where it listens)"},
      {"providers", "FACTORY_PROVIDERS", "",
       "file of the identity providers (default: providers.json in the data folder)"},
      {"channels", "FACTORY_CHANNELS", "",
       "file of the channels that people are told through (default: channels.json in the data "
       "folder)"},
      {"archive-after-days", "FACTORY_ARCHIVE_AFTER_DAYS", "0",
       "pipelines closed for so long go into the archive; 0: they stay", SettingKind::number, 0,
       36'500},
      {"notification-days", "FACTORY_NOTIFICATION_DAYS", "90",
       "how long notifications are kept once they are read or dismissed, and four times as long "
       "those that never are; 0: for ever",
       SettingKind::number, 0, 9'000},
      {"access-days", "FACTORY_ACCESS_DAYS", "90", "how long the access trail is kept",
       SettingKind::number, 1, 36'500},
      {"max-asset-bytes", "FACTORY_MAX_ASSET_BYTES", "1073741824",
       "how large an uploaded file may be", SettingKind::number, 1, 1'099'511'000'000},
      {"asset-types", "FACTORY_ASSET_TYPES", "",
       "media type that uploads may have, as image/png or text/*; can be repeated (default: all)",
       SettingKind::list},
      {"asset-retention-days", "FACTORY_ASSET_RETENTION_DAYS", "30",
       "how long the bytes of deleted assets are kept; 0: for ever", SettingKind::number, 0,
       36'500},
      {"gc-hours", "FACTORY_GC_HOURS", "24", "how often files that nothing refers to are removed",
       SettingKind::number, 1, 8'760},
  });
  return known;
}

namespace {

/// Can be repeated, with one value each time.
void add_list(CLI::App& serve, const Setting& setting, Options& options) {
  const std::string name(setting.name);
  serve
      .add_option_function<std::vector<std::string>>(
          "--" + name,
          [&options, name](const std::vector<std::string>& values) {
            options.flags[name] = join(values, ",", values.size());
          },
          std::string(setting.help))
      ->allow_extra_args(false);
}

void add_serve(CLI::App& app, Options& options) {
  CLI::App* serve = app.add_subcommand("serve", "Runs the server until SIGTERM or SIGINT");
  for (const Setting& setting : serve_settings()) {
    const std::string name(setting.name);
    if (setting.kind == SettingKind::list) {
      add_list(*serve, setting, options);
      continue;
    }
    CLI::Option* option = serve->add_option_function<std::string>(
        "--" + name, [&options, name](const std::string& value) { options.flags[name] = value; },
        std::string(setting.help));
    if (setting.kind == SettingKind::yes_no) option->expected(0, 1)->default_str("true");
  }
  serve->callback([&options] { options.action = Action::serve; });
}

void add_data(CLI::App* command, Options& options) {
  command->add_option("--data", options.data, "data folder");
}

CLI::App* add_action(CLI::App& parent, const std::string& name, const std::string& help,
                     Options& options, Action action) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&options, action] { options.action = action; });
  add_data(command, options);
  return command;
}

void add_key(CLI::App& app, Options& options) {
  CLI::App* key = app.add_subcommand("key", "Makes, lists, rotates and revokes API keys");
  key->require_subcommand(1);
  CLI::App* create = add_action(*key, "create", "Makes a key and prints its token once", options,
                                Action::key_create);
  create->add_option("--name", options.name, "whose key it is: a person's or agent's name")
      ->required();
  create->add_option("--role", options.role, "owner, admin, operator, viewer or agent")
      ->required()
      ->check(CLI::IsMember({"owner", "admin", "operator", "viewer", "agent"}));
  create->add_option("--group", options.groups, "a group of the owner's; can be repeated")
      ->allow_extra_args(false);
  create->add_option("--channel", options.channel, "rest, mcp, web or discord")
      ->check(CLI::IsMember({"rest", "mcp", "web", "discord"}));
  create
      ->add_option("--scope", options.scopes,
                   "limits the key to this scope of its role; can be repeated")
      ->allow_extra_args(false);
  create->add_option("--expires-at", options.expires_at, "its end, as 2027-01-15T00:00:00Z");
  add_action(*key, "list", "Lists the keys", options, Action::key_list);
  CLI::App* rotate = add_action(*key, "rotate", "Gives a key a new secret and prints it once",
                                options, Action::key_rotate);
  rotate->add_option("id", options.key_id, "the key's id (key list shows it)")->required();
  rotate
      ->add_option("--overlap-minutes", options.overlap_minutes,
                   "how long the old secret opens, too (default 60)")
      ->check(CLI::Range(0, 10'080));
  add_action(*key, "rotate-signing", "Signs access tokens with a new key from now on", options,
             Action::key_rotate_signing);
  CLI::App* revoke =
      add_action(*key, "revoke", "Takes a key away at once", options, Action::key_revoke);
  revoke->add_option("id", options.key_id, "the key's id (key list shows it)")->required();
  revoke->add_option("--reason", options.reason, "kept in the trail");
}

void add_user(CLI::App& app, Options& options) {
  CLI::App* user = app.add_subcommand("user", "Makes and lists users who sign in");
  user->require_subcommand(1);
  CLI::App* create = add_action(*user, "create", "Makes a user", options, Action::user_create);
  create->add_option("--role", options.role, "owner, admin, operator, viewer or agent")
      ->required()
      ->check(CLI::IsMember({"owner", "admin", "operator", "viewer", "agent"}));
  create->add_option("--display-name", options.display_name, "as the user is shown");
  create->add_option("--email", options.email, "the user's address");
  create->add_option("--group", options.groups, "a group of the user's; can be repeated")
      ->allow_extra_args(false);
  add_action(*user, "list", "Lists the users", options, Action::user_list);
  CLI::App* password = add_action(*user, "set-password", "Gives a user a new password", options,
                                  Action::user_set_password);
  for (CLI::App* command : {create, password}) {
    command->add_option("--name", options.name, "the user's name")->required();
    CLI::Option* const file =
        command->add_option("--password-file", options.password_file,
                            "holds the password in its first line; - is the standard input");
    if (command == password) file->required();
  }
}

void add_audit(CLI::App& app, Options& options) {
  CLI::App* audit = app.add_subcommand("audit", "Checks and exports the trail of all events");
  audit->require_subcommand(1);
  CLI::App* verify =
      add_action(*audit, "verify", "Checks the chain and the seals", options, Action::audit_verify);
  verify->add_option("--file", options.file, "an exported trail instead of the data folder");
  verify->add_option("--public-key", options.public_key, "the key that must have signed (hex)");
  CLI::App* exported =
      add_action(*audit, "export", "Writes the trail as JSON lines", options, Action::audit_export);
  exported->add_option("--file", options.file, "instead of the standard output");
}

void add_archive(CLI::App& app, Options& options) {
  CLI::App* archive = app.add_subcommand("archive", "Moves what is closed into sealed files");
  archive->require_subcommand(1);
  CLI::App* run = add_action(*archive, "run", "Archives closed pipelines, gates and tasks", options,
                             Action::archive_run);
  run->add_option("--older-than", options.older_than_days, "days since they were last changed")
      ->required()
      ->check(CLI::Range(0, 36'500));
}

void collect_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    collect_names(*command, names);
  }
}

int explain(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  std::cerr << "factory-api: " << error.what() << "\n";
  std::vector<std::string> names;
  collect_names(app, names);
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    const bool known = std::find(names.begin(), names.end(), word) != names.end();
    const std::string near = known ? "" : nearest(word, names);
    if (!near.empty()) std::cerr << "Did you mean " << near << " instead of " << word << "?\n";
  }
  std::cerr << "factory-api --help shows what there is.\n";
  return 2;
}

}  // namespace

std::optional<int> parse_options(int argc, const char* const* argv, Options& options) {
  CLI::App app{"factory-api: pipelines of work that agents do and people decide about"};
  app.require_subcommand(1);
  add_serve(app, options);
  add_key(app, options);
  add_user(app, options);
  add_audit(app, options);
  add_archive(app, options);
  CLI::App* rebuild = add_action(app, "rebuild", "Folds the whole event log again into the views",
                                 options, Action::rebuild);
  rebuild->add_flag("--check", options.check, "only compares, changes nothing");
  CLI::App* backup = add_action(app, "backup", "Copies the store, also while a server runs",
                                options, Action::backup);
  backup->add_option("file", options.file, "the copy; must not exist yet")->required();
  CLI::App* gc = add_action(app, "gc", "Removes stored files that nothing refers to any more",
                            options, Action::gc);
  gc->add_flag("--dry-run", options.dry_run, "only tells, also while a server runs");
  app.add_subcommand("version", "Prints the version")->callback([&options] {
    options.action = Action::version;
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &app;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
    std::cout << asked->help();
    return 0;
  } catch (const CLI::ParseError& error) {
    return explain(app, error, argc, argv);
  }
  return std::nullopt;
}

}  // namespace factory::cli
