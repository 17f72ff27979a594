// Runs commands of the command line for tests. Loading its libraries takes longer than most commands: this process
// loads them once and every command runs in a copy of it. A command is a line of JSON on standard input, {"arguments",
// "environment", "folder", "out", "err"}; its exit code, or -2 where a signal ended it, is a line on standard output.
#include "program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

void redirect(int descriptor, const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0 || ::dup2(file, descriptor) < 0) {
        std::_Exit(120);
    }
}

[[noreturn]] void runCommand(const nlohmann::json& command) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, command.at("out").get<std::string>(), O_WRONLY);
    redirect(STDERR_FILENO, command.at("err").get<std::string>(), O_WRONLY);
    if (::chdir(command.at("folder").get<std::string>().c_str()) != 0) {
        std::_Exit(121);
    }
    ::clearenv();
    for (const auto& [name, value] : command.at("environment").items()) {
        ::setenv(name.c_str(), value.get<std::string>().c_str(), 1);
    }
    auto arguments = command.at("arguments").get<std::vector<std::string>>();
    arguments.insert(arguments.begin(), "livegloss-cli");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    std::exit(livegloss::cli::runProgram(static_cast<int>(arguments.size()), pointers.data()));
}

} // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto command = nlohmann::json::parse(line);
        const pid_t child = ::fork();
        if (child == 0) {
            runCommand(command);
        }
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        std::printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -2);
        std::fflush(stdout);
    }
    return 0;
}
