#pragma once

#include "session_fakes.h"

#include <string>
#include <vector>

namespace livegloss::test {

using namespace livegloss::session;

inline SessionSettings showEverything() {
    SessionSettings settings;
    settings.minConfidence = 0.0F;
    settings.stability = 0;
    return settings;
}

/// The same at twice the speed.
inline SessionSettings fast(bool loop = false) {
    SessionSettings settings = showEverything();
    settings.rate = 2.0;
    settings.loop = loop;
    return settings;
}

inline const media::SourceRequest kAnything{media::SourceKind::File, "script"};
inline const media::SourceRequest kCamera{media::SourceKind::Camera, "script"};

inline std::vector<std::string> textsOf(const CaptionList& list) {
    std::vector<std::string> texts;
    for (const CaptionGloss& gloss : *list) {
        texts.push_back(gloss.text);
    }
    return texts;
}

inline std::int64_t shownFrame(const LiveSession& session) {
    const Picture picture = session.picture();
    return picture.frame ? picture.frame->index : -1;
}

/// What tests of a live session share: a tiny model, a clock, and scripted sources.
class LiveSessionFixture {
protected:
    engine::LoadedModelPtr model_;
    std::shared_ptr<const Clock> clock_ = std::make_shared<SteadyClock>();

    std::shared_ptr<test::Script> script(std::int64_t frames, double fps = 25.0) {
        auto result = std::make_shared<test::Script>();
        result->frames = frames;
        result->fps = fps;
        return result;
    }
    std::shared_ptr<test::Script> camera() {
        auto result = script(-1);
        result->live = true;
        return result;
    }
};

} // namespace livegloss::test
