#pragma once

#include "ui/actions/action_set.h"

namespace livegloss::ui {

/// Actions of the Live workspace, in the order of their table.
enum class LiveAction {
    PlaySample,
    OpenFile,
    UseCamera,
    OpenStream,
    OpenPattern,
    CloseSource,
    OpenModel,
    UseDemoModel,
    ManageModels,
    PlayPause,
    Stop,
    StepBack,
    StepForward,
    SecondBack,
    SecondForward,
    PreviousGloss,
    NextGloss,
    Loop,
    Slower,
    Faster,
    NormalRate,
    Attention,
    Captions,
    Mirror,
    FramingGuide,
    LargerCaptions,
    SmallerCaptions,
    SidePanel,
    ShowHistory,
    SearchVocabulary,
    SaveHistory,
    CopyHistory,
    SelectHistory,
    Count
};

class LiveActions final : public ActionSet {
    Q_OBJECT
public:
    explicit LiveActions(QWidget* owner);
    QAction* operator[](LiveAction action) const { return at(static_cast<int>(action)); }
};

} // namespace livegloss::ui
