#include "decode/ctc.h"

#include "beam_search.h"
#include "label_path.h"
#include "log_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace livegloss::decode {
namespace {

/// The other labels' mean probability over the run, blank left out, as shares of 1 that include the run's own label.
std::vector<Alternative> alternativesOf(const LogTable& table, int ownLabel, const Run& run, int wanted) {
    std::vector<double> mass(static_cast<std::size_t>(table.classes()), 0.0);
    double total = 0.0;
    for (int step = run.first; step <= run.last; ++step) {
        for (int label = 1; label < table.classes(); ++label) {
            const double probability = std::exp(table.at(step, label));
            mass[static_cast<std::size_t>(label)] += probability;
            total += probability;
        }
    }
    std::vector<Alternative> others;
    for (int label = 1; label < table.classes() && total > 0.0; ++label) {
        const auto share = static_cast<float>(mass[static_cast<std::size_t>(label)] / total);
        if (label != ownLabel && share > 0.0F) {
            others.push_back({label, share});
        }
    }
    const auto kept = std::min(others.size(), static_cast<std::size_t>(std::max(wanted, 0)));
    std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(kept), others.end(),
                      [](const Alternative& a, const Alternative& b) {
                          return a.probability != b.probability ? a.probability > b.probability : a.label < b.label;
                      });
    others.resize(kept);
    return others;
}

std::vector<DecodedGloss> mergeEqualNeighbours(std::vector<DecodedGloss> glosses) {
    std::vector<DecodedGloss> merged;
    for (DecodedGloss& gloss : glosses) {
        if (merged.empty() || merged.back().label != gloss.label) {
            merged.push_back(std::move(gloss));
            continue;
        }
        const int first = merged.back().firstStep;
        const int last = gloss.lastStep;
        if (gloss.confidence > merged.back().confidence) {
            merged.back() = std::move(gloss);
        }
        merged.back().firstStep = first;
        merged.back().lastStep = last;
    }
    return merged;
}

} // namespace

std::vector<DecodedGloss> decode(const Matrix& logProbs, const DecodeOptions& options) {
    const LogTable table(logProbs);
    const std::vector<int> labels = options.method == Method::Greedy
                                        ? greedyLabels(table)
                                        : prefixBeamLabels(table, options.beamWidth, options.language);
    const std::vector<Run> runs = alignLabels(table, labels);
    std::vector<DecodedGloss> glosses;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const Run& run = runs[i];
        const double confidence = localPosterior(table, labels, runs, static_cast<int>(i));
        glosses.push_back({labels[i], run.first, run.last, run.peak, static_cast<float>(confidence),
                           alternativesOf(table, labels[i], run, options.alternatives)});
    }
    return options.mergeRepeats ? mergeEqualNeighbours(std::move(glosses)) : glosses;
}

std::vector<DecodedGloss> decode(const Matrix& logProbs, const Matrix& support, const DecodeOptions& options) {
    std::vector<DecodedGloss> glosses = decode(logProbs, options);
    if (support.rows != logProbs.rows || support.columns != logProbs.columns) {
        return glosses;
    }
    for (DecodedGloss& gloss : glosses) {
        float best = 0.0F;
        for (int step = std::max(0, gloss.firstStep - 1); step <= std::min(support.rows - 1, gloss.lastStep + 1);
             ++step) {
            const float probability = std::exp(support.at(step, gloss.label));
            best = probability > best ? probability : best; // not for NaN
        }
        gloss.confidence = std::sqrt(gloss.confidence * std::min(best, 1.0F));
    }
    return glosses;
}

} // namespace livegloss::decode
