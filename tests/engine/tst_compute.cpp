#include "engine/benchmark.h"
#include "engine/compute.h"
#include "engine/default_compute.h"
#include "engine/forward_pass.h"
#include "random_model.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

/// Resident memory of this process in bytes; 0 where the system does not say.
std::int64_t residentBytes() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) {
            return std::stoll(line.substr(6)) * 1024;
        }
    }
    return 0;
}

} // namespace

/// Which engine and precision run, and what a model takes then.
class TestCompute : public QObject {
    Q_OBJECT

private slots:
    void cleanup() { qunsetenv("LIVEGLOSS_MAX_ISA"); }

    void namesGoBothWays() {
        for (const EngineKind engine : {EngineKind::Fast, EngineKind::Reference}) {
            QVERIFY(engineNamed(engineName(engine)) == engine);
        }
        for (const Precision precision : {Precision::Auto, Precision::F32, Precision::Bf16, Precision::Int8}) {
            QVERIFY(precisionNamed(precisionName(precision)) == precision);
        }
        QVERIFY(!engineNamed("quick") && !precisionNamed("f16"));
    }

    void theReferenceIsAlwaysThere() {
        const ComputeChoice choice = chooseCompute({EngineKind::Reference, Precision::Bf16});
        QVERIFY(choice.engine == EngineKind::Reference && choice.precision == Precision::F32);
        QCOMPARE(choice.backend, "libtorch");
        QVERIFY(!describe(choice).empty());
    }

    /// Every level that this processor can be limited to: automatic takes bf16 with AMX only.
    void automaticFollowsTheProcessor() {
        for (const char* limit : {"portable", "avx2", "avx512", "vnni", "amx"}) {
            qputenv("LIVEGLOSS_MAX_ISA", limit);
            const ComputeChoice choice = chooseCompute({});
            QVERIFY(choice.precision != Precision::Auto);
            if (choice.instructions == "portable") {
                QVERIFY(choice.engine == EngineKind::Reference && choice.reason == ComputeReason::NoFastKernels);
            } else {
                QVERIFY(choice.engine == EngineKind::Fast);
                const bool amx = choice.instructions == "amx";
                QVERIFY(choice.precision == (amx ? Precision::Bf16 : Precision::F32));
                QVERIFY(choice.reason == (amx ? ComputeReason::Amx : ComputeReason::NoAmx));
            }
        }
    }

    /// Asked for on a processor without it, bf16 is rounded to, and says so.
    void bf16WithoutTheProcessorsHelp() {
        qputenv("LIVEGLOSS_MAX_ISA", "avx2");
        const ComputeChoice choice = chooseCompute({EngineKind::Fast, Precision::Bf16});
        if (choice.engine == EngineKind::Reference) {
            QSKIP("the fast engine has nothing for this processor");
        }
        QVERIFY(choice.precision == Precision::Bf16 && choice.reason == ComputeReason::RoundedOnly);
        QVERIFY(QString::fromStdString(describe(choice)).contains("slower"));
    }

    void theDefaultIsWhatWasSet() {
        QVERIFY(defaultCompute() == ComputeRequest());
        const ComputeRequest wanted{EngineKind::Reference, Precision::F32};
        setDefaultCompute(wanted);
        QVERIFY(defaultCompute() == wanted);
        setDefaultCompute({});
    }

    /// On a processor that the fast engine does not know, a model loads and gives the same.
    void lesserProcessorsRecogniseTheSame() {
        test::RandomModel random(test::announcedSeed());
        const auto path = file("small.safetensors");
        QVERIFY(random.save(path));
        const int side = random.config.resolution;
        const ForwardInput input{
            {1, 16, 3, side, side}, random.uniform(static_cast<std::size_t>(16 * 3 * side * side)), {16}};
        if (chooseCompute({}).engine != EngineKind::Fast) { // asked before any limit, which oneDNN would keep
            QSKIP("the fast engine has nothing for this processor");
        }
        qputenv("LIVEGLOSS_MAX_ISA", "portable");
        const auto lesser = loadModel(path);
        QVERIFY(lesser);
        QVERIFY((*lesser)->compute().engine == EngineKind::Reference);
        QCOMPARE(packedBytes(*lesser), std::size_t(0));
        const auto expected = forwardPass(*lesser, input, {});
        QVERIFY(expected);
        const auto errorOf = [&](Precision precision) {
            const auto model = loadModel(path, {EngineKind::Fast, precision});
            const auto actual = model && (*model)->compute().engine == EngineKind::Fast
                                    ? forwardPass(*model, input, {})
                                    : failure(ErrorCode::Internal, "not the fast engine");
            return actual ? test::relativeL2(actual->front().floats, expected->front().floats) : INFINITY;
        };
        for (const char* limit : {"avx2", "avx512", "vnni", "amx"}) {
            qputenv("LIVEGLOSS_MAX_ISA", limit);
            QVERIFY2(errorOf(Precision::F32) < 1e-5, limit);
            QVERIFY2(errorOf(Precision::Auto) < 5e-2, limit); // random weights, class scores behind an LSTM
        }
    }

    /// Packing gives LibTorch's copy of the weights back.
    void weightsAreInMemoryOnce() {
        if (residentBytes() == 0) {
            QSKIP("this system does not say what a process holds");
        }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("the sanitizer's own memory is counted too");
#endif
        test::RandomModel random(1);
        random.config.width = 512;
        random.config.heads = 8;
        random.config.layers = 4;
        random.adapterWidth = 128;
        random.config.hidden = 1024; // a head about as large as the encoder
        const auto path = file("large.safetensors");
        QVERIFY(random.save(path));
        QVERIFY(loadModel(path)); // what LibTorch keeps for itself from the first load on is not the model's
        const auto size = static_cast<double>(QFileInfo(path).size());
        const auto growth = [&](ComputeRequest request) {
            const std::int64_t before = residentBytes();
            const auto model = loadModel(path, request);
            return model ? static_cast<double>(residentBytes() - before) / size : INFINITY;
        };
        const double fast = growth({EngineKind::Fast, Precision::F32});
        qInfo("a model of %.0f MB takes %.2f times that once packed", size / 1e6, fast);
        if (chooseCompute({}).engine == EngineKind::Fast) {
            QVERIFY(fast < 1.3);
        }
    }

private:
    std::filesystem::path file(const char* name) const {
        return folder_.filePath(name).toStdString();
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestCompute)
#include "tst_compute.moc"
