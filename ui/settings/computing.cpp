#include "ui/settings/computing.h"

#include <QCoreApplication>

namespace livegloss::ui {

namespace {

class Texts {
    Q_DECLARE_TR_FUNCTIONS(Computing)
public:
    static QString what(const engine::ComputeChoice& choice) {
        if (choice.engine == engine::EngineKind::Reference) {
            return tr("In use: the reference engine (LibTorch), f32.");
        }
        switch (choice.precision) {
        case engine::Precision::Bf16:
            return tr("In use: the fast engine, bf16.");
        case engine::Precision::Int8:
            return tr("In use: the fast engine, int8.");
        default:
            return tr("In use: the fast engine, f32.");
        }
    }
    static QString why(const engine::ComputeChoice& choice) {
        switch (choice.reason) {
        case engine::ComputeReason::NoAmx:
            return tr("AMX is not available here; without it bf16 is slower.");
        case engine::ComputeReason::Amx:
            return tr("This processor has AMX, which makes bf16 the fastest.");
        case engine::ComputeReason::RoundedOnly:
            return tr(
                "This processor does not multiply bf16: values are only rounded to it, which is slower than f32.");
        case engine::ComputeReason::CheckedInt8:
            return tr("This processor multiplies int8, and the model passed its check with it.");
        case engine::ComputeReason::Int8NotFast:
            return tr("This processor has no instructions of its own for int8, so its results are less exact.");
        case engine::ComputeReason::NoFastKernels:
            return tr("The fast engine needs AVX2, which this processor does not have.");
        case engine::ComputeReason::AskedFor:
            break;
        }
        return tr("As chosen here.");
    }
};

} // namespace

engine::ComputeRequest requestOf(Computing computing, const QString& device) {
    using engine::EngineKind;
    using engine::Precision;
    engine::ComputeRequest request;
    request.engine = computing == Computing::Reference ? EngineKind::Reference : EngineKind::Fast;
    request.precision = computing == Computing::F32 || computing == Computing::Reference ? Precision::F32
                        : computing == Computing::Bf16                                   ? Precision::Bf16
                                                                                         : Precision::Auto;
    if (!device.isEmpty()) {
        request.device = device.toStdString();
    }
    return request;
}

QString computingText(Computing computing) {
    const engine::ComputeChoice choice = engine::chooseCompute(requestOf(computing));
    return Texts::what(choice) + QLatin1Char(' ') + Texts::why(choice);
}

} // namespace livegloss::ui
