#include "program.h"

int main(int argc, char** argv) {
    return livegloss::cli::runProgram(argc, argv);
}
