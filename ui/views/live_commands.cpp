#include "ui/views/live_commands.h"

#include "ui/style/icons.h"
#include "ui/views/transport_bar.h"

#include <algorithm>
#include <tuple>

namespace livegloss::ui {

namespace {

constexpr MediaTime second = std::chrono::seconds(1);
/// Going back within this time of a gloss's start goes to the one before.
constexpr MediaTime atGloss = std::chrono::milliseconds(400);
constexpr int captionStep = 4;

} // namespace

LiveCommands::LiveCommands(const LiveActions& actions, SessionBridge& bridge, Preferences& preferences, QObject* parent)
    : QObject(parent), actions_(actions), bridge_(bridge), preferences_(preferences) {
    connectPlayback();
    connectView();
    connect(&bridge_, &SessionBridge::stateChanged, this, &LiveCommands::updateState);
    connect(&bridge_, &SessionBridge::captionsChanged, this, &LiveCommands::updateState);
    connect(&bridge_, &SessionBridge::sourceRequested, this, [this] {
        mirrorFile_ = false;
        updateState();
        Q_EMIT mirrorChanged();
    });
    connect(&preferences_, &Preferences::changed, this, &LiveCommands::applyPreferences);
    applyPreferences();
    updateState();
}

void LiveCommands::connectPlayback() {
    const auto on = [this](LiveAction action, auto handler) {
        connect(actions_[action], &QAction::triggered, this, handler);
    };
    on(LiveAction::PlayPause, [this] { bridge_.togglePlaying(); });
    on(LiveAction::Stop, [this] { bridge_.stop(); });
    on(LiveAction::CloseSource, [this] { bridge_.close(); });
    on(LiveAction::StepBack, [this] { bridge_.step(-1); });
    on(LiveAction::StepForward, [this] { bridge_.step(1); });
    on(LiveAction::SecondBack, [this] { bridge_.seek(bridge_.snapshot().position - second); });
    on(LiveAction::SecondForward, [this] { bridge_.seek(bridge_.snapshot().position + second); });
    on(LiveAction::PreviousGloss, [this] { jumpToGloss(-1); });
    on(LiveAction::NextGloss, [this] { jumpToGloss(1); });
    on(LiveAction::Loop, [this](bool loop) { preferences_.set(&AppSettings::loop, loop); });
    on(LiveAction::Slower, [this] { changeRate(-1); });
    on(LiveAction::Faster, [this] { changeRate(1); });
    on(LiveAction::NormalRate, [this] { setRate(1.0); });
}

void LiveCommands::connectView() {
    const auto remember = [this](LiveAction action, bool AppSettings::*member) {
        connect(actions_[action], &QAction::triggered, this,
                [this, member](bool checked) { preferences_.set(member, checked); });
    };
    remember(LiveAction::Attention, &AppSettings::attention);
    remember(LiveAction::Captions, &AppSettings::captions);
    remember(LiveAction::FramingGuide, &AppSettings::framingGuide);
    remember(LiveAction::SidePanel, &AppSettings::sidePanel);
    connect(actions_[LiveAction::Mirror], &QAction::triggered, this, [this](bool checked) {
        if (isCamera()) {
            preferences_.set(&AppSettings::mirrorCamera, checked);
        } else {
            mirrorFile_ = checked;
        }
        Q_EMIT mirrorChanged();
    });
    const auto resize = [this](int step) {
        const int pixels = preferences_.values().captionPixels + step;
        preferences_.set(&AppSettings::captionPixels, std::clamp(pixels, smallestCaption, largestCaption));
    };
    connect(actions_[LiveAction::LargerCaptions], &QAction::triggered, this, [resize] { resize(captionStep); });
    connect(actions_[LiveAction::SmallerCaptions], &QAction::triggered, this, [resize] { resize(-captionStep); });
}

bool LiveCommands::isCamera() const {
    return bridge_.request() && bridge_.request()->kind == media::SourceKind::Camera;
}

bool LiveCommands::mirrored() const {
    return isCamera() ? preferences_.values().mirrorCamera : mirrorFile_;
}

void LiveCommands::setRate(double rate) {
    session::SessionSettings settings = bridge_.settings();
    settings.rate = rate;
    bridge_.setSettings(settings);
    Q_EMIT rateChanged(rate);
}

void LiveCommands::changeRate(int steps) {
    const auto rates = playbackRates();
    const auto here = std::min_element(
        rates.begin(), rates.end(), [this](double a, double b) { return std::abs(a - rate()) < std::abs(b - rate()); });
    const auto index = std::clamp<std::ptrdiff_t>(here - rates.begin() + steps, 0, std::ssize(rates) - 1);
    setRate(rates[static_cast<std::size_t>(index)]);
}

void LiveCommands::jumpToGloss(int direction) {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const session::CaptionList& list = snapshot.offline ? snapshot.offline : snapshot.committed;
    std::optional<MediaTime> target;
    for (const session::CaptionGloss& gloss : *list) {
        if (gloss.change == session::OfflineChange::Removed) {
            continue;
        }
        const bool before = gloss.start < snapshot.position - atGloss;
        if (direction < 0 && before && (!target || gloss.start > *target)) {
            target = gloss.start;
        }
        if (direction > 0 && gloss.start > snapshot.position && (!target || gloss.start < *target)) {
            target = gloss.start;
        }
    }
    if (target) {
        bridge_.seek(*target);
    }
}

void LiveCommands::applyPreferences() {
    const AppSettings& values = preferences_.values();
    session::SessionSettings settings = bridge_.settings();
    const auto recognition = [](const session::SessionSettings& s) {
        return std::tuple(s.attention, s.loop, s.stability, s.minConfidence, s.framePattern, s.skipSimilar,
                          s.windowFrames, s.strideFrames);
    };
    const auto before = recognition(settings);
    settings.attention = values.attention && !settings.view; // which another workspace draws
    settings.loop = values.loop;
    settings.stability = values.stability;
    settings.minConfidence = static_cast<float>(values.minConfidence) / 100.0F;
    settings.windowFrames = values.windowFrames;
    settings.strideFrames = values.strideFrames;
    settings.framePattern = values.framePattern;
    settings.skipSimilar = static_cast<float>(values.skipSimilar);
    if (recognition(settings) != before) {
        bridge_.setSettings(settings);
    }
    actions_[LiveAction::Loop]->setChecked(values.loop);
    actions_[LiveAction::Attention]->setChecked(values.attention);
    actions_[LiveAction::Captions]->setChecked(values.captions);
    actions_[LiveAction::FramingGuide]->setChecked(values.framingGuide);
    actions_[LiveAction::SidePanel]->setChecked(values.sidePanel);
    actions_[LiveAction::LargerCaptions]->setEnabled(values.captionPixels < largestCaption);
    actions_[LiveAction::SmallerCaptions]->setEnabled(values.captionPixels > smallestCaption);
}

void LiveCommands::updateState() {
    using session::State;
    const session::Snapshot& snapshot = bridge_.snapshot();
    const bool open = bridge_.request().has_value();
    const bool playing = snapshot.state == State::Playing;
    const bool seekable = open && snapshot.source.seekable;
    QAction* playPause = actions_[LiveAction::PlayPause];
    playPause->setIcon(icon(playing ? QStringLiteral("pause") : QStringLiteral("play")));
    playPause->setText(playing ? tr("Pause") : tr("Play"));
    playPause->setEnabled(open && snapshot.state != State::Opening);
    actions_[LiveAction::Stop]->setEnabled(
        open && (playing || snapshot.state == State::Paused || snapshot.state == State::Opening));
    actions_[LiveAction::CloseSource]->setEnabled(open);
    for (const LiveAction action :
         {LiveAction::StepBack, LiveAction::StepForward, LiveAction::SecondBack, LiveAction::SecondForward,
          LiveAction::Slower, LiveAction::Faster, LiveAction::NormalRate}) {
        actions_[action]->setEnabled(seekable);
    }
    const bool glosses = !snapshot.committed->empty() || (snapshot.offline && !snapshot.offline->empty());
    for (const LiveAction action : {LiveAction::PreviousGloss, LiveAction::NextGloss}) {
        actions_[action]->setEnabled(seekable && glosses);
    }
    for (const LiveAction action :
         {LiveAction::SaveHistory, LiveAction::CopyHistory, LiveAction::SelectHistory, LiveAction::GlossAttention}) {
        actions_[action]->setEnabled(glosses);
    }
    actions_[LiveAction::Mirror]->setChecked(mirrored());
    actions_[LiveAction::FramingGuide]->setEnabled(isCamera());
}

} // namespace livegloss::ui
