#include "commands.h"

#include "output_file.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

namespace {

int exitCode(livegloss::ErrorCode code) {
    using livegloss::ErrorCode;
    switch (code) {
    case ErrorCode::InvalidArgument:
        return 2;
    case ErrorCode::NotFound:
    case ErrorCode::PermissionDenied:
    case ErrorCode::Unreadable:
    case ErrorCode::Unsupported:
    case ErrorCode::NoVideo:
        return 3;
    case ErrorCode::Timeout:
    case ErrorCode::Disconnected:
        return 4;
    case ErrorCode::WriteFailed:
        return 5;
    case ErrorCode::Cancelled:
        return 130;
    default:
        return 1;
    }
}

bool hasCommand(const CLI::App& app, const std::string& name) {
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    return std::any_of(commands.begin(), commands.end(),
                       [&](const CLI::App* command) { return command->get_name() == name; });
}

/// Prints the error; its exit code.
int told(const livegloss::Error& error) {
    using livegloss::cli::printable;
    std::fprintf(stderr, "livegloss-cli: %s\n", printable(error.message).c_str());
    if (!error.hint.empty()) {
        std::fprintf(stderr, "  %s\n", printable(error.hint).c_str());
    }
    return exitCode(error.code);
}

int runCommand(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const livegloss::cli::CommandFailure& failure) {
        return told(failure.error);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "livegloss-cli: internal failure: %s\n", error.what());
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"LiveGloss recognises continuous sign language in video and shows where the network looks."};
    app.name("livegloss-cli");
    app.set_version_flag("--version", "livegloss-cli " LIVEGLOSS_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 done, 1 internal failure, 2 wrong usage, 3 input that cannot be opened or used,\n"
               "4 device or network silent or gone, 5 output that cannot be written, 130 cancelled.\n"
               "livegloss-cli COMMAND --help explains a command with examples.");
    using namespace livegloss::cli;
#ifdef LIVEGLOSS_WITH_MEDIA
    addRecognizeCommand(app);
    addLiveCommand(app);
    addAttentionCommand(app);
    addAttentionCheckCommand(app);
    addEvaluateCommand(app);
    addQuantizeCommand(app);
    addSynthCommand(app);
    addDatasetCommand(app);
    addDevicesCommand(app);
    addReproduceCommand(app);
#endif
    addScoreCommand(app);
    addLmCommand(app);
    addImportCommand(app);
    addInspectCommand(app);
    addForwardCommand(app);
    addBenchCommand(app);
    addTrainCommand(app);
    if (argc > 1 && argv[1][0] != '-' && !hasCommand(app, argv[1])) {
        std::fprintf(stderr, "livegloss-cli: there is no command %s\n  livegloss-cli --help lists the commands.\n",
                     printable(argv[1]).c_str());
        return 2;
    }
    const int code = runCommand(app, argc, argv);
    if (const auto written = finishOutput(); code == 0 && !written) {
        return told(written.error());
    }
    return code;
}
