#include "dataset/vocabulary.h"

#include "base/new_file.h"
#include "evaluation/text_file.h"
#include "text_lines.h"

#include <map>

namespace livegloss::dataset {

std::vector<VocabularyEntry> vocabularyOf(const Dataset& dataset) {
    std::map<std::string, VocabularyEntry> entries;
    for (const Clip& clip : dataset.clips) {
        for (const std::string& gloss : clip.glosses) {
            VocabularyEntry& entry = entries[gloss];
            entry.gloss = gloss;
            ++(clip.split == "train" ? entry.train : clip.split == "dev" ? entry.dev : entry.test);
        }
    }
    std::vector<VocabularyEntry> vocabulary;
    for (auto& [gloss, entry] : entries) {
        vocabulary.push_back(std::move(entry));
    }
    return vocabulary;
}

std::vector<std::string> glossesOf(const std::vector<VocabularyEntry>& vocabulary) {
    std::vector<std::string> glosses;
    for (const VocabularyEntry& entry : vocabulary) {
        glosses.push_back(entry.gloss);
    }
    return glosses;
}

Result<void> writeVocabulary(const std::filesystem::path& path, const std::vector<VocabularyEntry>& vocabulary) {
    std::string text;
    for (const VocabularyEntry& entry : vocabulary) {
        text.append(entry.gloss).append("\n");
    }
    return writeNewFile(path, text);
}

Result<std::vector<std::string>> readVocabulary(const std::filesystem::path& path) {
    std::vector<std::string> glosses;
    std::map<std::string, int> lines;
    auto read = forEachLine(path, '\n', [&](const ListLine& line) -> Result<void> {
        const std::string& gloss = line.fields[0];
        if (wordsOf(gloss).size() != 1) {
            return line.wrong("expected one gloss, without spaces");
        }
        const auto [known, isNew] = lines.emplace(gloss, line.number);
        if (!isNew) {
            return line.wrong("\"" + gloss + "\" is there already (line " + std::to_string(known->second) + ")");
        }
        glosses.push_back(gloss);
        return {};
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    return glosses;
}

} // namespace livegloss::dataset
