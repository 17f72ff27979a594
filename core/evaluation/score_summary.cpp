#include "evaluation/scoring.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace livegloss::evaluation {
namespace {

/// Sums over utterances, word by word.
class Summary {
public:
    explicit Summary(bool foldCase) : foldCase_(foldCase) {}

    void add(const ScoredUtterance& utterance) {
        report_.total += utterance.counts;
        SpeakerScore& speaker = speakers_[utterance.speaker];
        speaker.speaker = utterance.speaker;
        ++speaker.utterances;
        speaker.counts += utterance.counts;
        for (const AlignedPair& pair : utterance.alignment) {
            add(utterance, pair);
        }
    }

    ScoreReport report() {
        for (auto& [name, speaker] : speakers_) {
            report_.speakers.push_back(std::move(speaker));
        }
        for (auto& [key, gloss] : glosses_) {
            report_.glosses.push_back(std::move(gloss));
        }
        std::sort(report_.glosses.begin(), report_.glosses.end(), [](const GlossScore& a, const GlossScore& b) {
            return std::tuple(-a.counts.errors(), -a.mistaken, std::string_view(a.gloss)) <
                   std::tuple(-b.counts.errors(), -b.mistaken, std::string_view(b.gloss));
        });
        for (const auto& [pair, count] : confusions_) {
            report_.confusions.push_back({pair.first, pair.second, count});
        }
        std::stable_sort(report_.confusions.begin(), report_.confusions.end(),
                         [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
        return std::move(report_);
    }

private:
    GlossScore& gloss(const std::string& word) {
        std::string key = word;
        for (char& c : key) {
            c = foldCase_ && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        GlossScore& score = glosses_[key];
        if (score.gloss.empty()) {
            score.gloss = word;
        }
        return score;
    }

    void add(const ScoredUtterance& utterance, const AlignedPair& pair) {
        const auto word = [](const Words& words, int index) { return words[static_cast<std::size_t>(index)]; };
        ErrorCounts one = countErrors({pair});
        if (pair.edit == Edit::Insertion) {
            gloss(word(utterance.hypothesis, pair.hypothesis)).counts += one;
            return;
        }
        GlossScore& meant = gloss(word(utterance.reference, pair.reference));
        meant.counts += one;
        if (pair.edit == Edit::Substitution) {
            const std::string meantName = meant.gloss;
            GlossScore& seen = gloss(word(utterance.hypothesis, pair.hypothesis));
            ++seen.mistaken;
            ++confusions_[{meantName, seen.gloss}];
        }
    }

    bool foldCase_;
    ScoreReport report_;
    std::map<std::string, SpeakerScore> speakers_;
    std::map<std::string, GlossScore> glosses_;
    std::map<std::pair<std::string, std::string>, std::int64_t> confusions_;
};

} // namespace

ScoreReport summarise(std::vector<ScoredUtterance> utterances, bool foldCase) {
    Summary summary(foldCase);
    for (const ScoredUtterance& utterance : utterances) {
        summary.add(utterance);
    }
    ScoreReport report = summary.report();
    report.utterances = std::move(utterances);
    return report;
}

} // namespace livegloss::evaluation
