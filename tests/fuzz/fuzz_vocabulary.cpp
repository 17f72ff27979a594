#include "fuzz_file.h"
#include "importing/vocabulary.h"

#include <set>

using namespace livegloss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto glosses = importing::readVocabulary(fuzz::fileOf(fuzz::asText(data, size)));
    if (!glosses) {
        fuzz::require(!glosses.error().message.empty() && !glosses.error().hint.empty(),
                      "an error says what and what to do");
        return 0;
    }
    fuzz::require(!glosses->empty(), "a list holds glosses");
    fuzz::require(std::set<std::string>(glosses->begin(), glosses->end()).size() == glosses->size(),
                  "every gloss is there once");
    for (const std::string& gloss : *glosses) {
        fuzz::require(!gloss.empty(), "every gloss has letters");
    }
    return 0;
}
