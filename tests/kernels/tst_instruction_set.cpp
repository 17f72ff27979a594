#include "kernels/instruction_set.h"

#include <QProcess>
#include <QtTest>
#include <cstdio>
#ifdef LIVEGLOSS_TEST_WITH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

using namespace livegloss::kernels;

namespace {

/// Bits of oneDNN's levels; its versions have others for the same names.
struct OneDnnBits {
#ifdef LIVEGLOSS_TEST_WITH_ONEDNN
    static constexpr auto avx2Vnni = static_cast<unsigned>(dnnl::cpu_isa::avx2_vnni);
    static constexpr auto amx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
#else
    static constexpr unsigned avx2Vnni = 0;
    static constexpr unsigned amx = 0;
#endif
};

/// What a process finds: our level, and the bits of oneDNN's.
struct Found {
    QString level;
    unsigned oneDnn = 0;
};

int printFound() {
    const InstructionSet set = usableInstructionSet();
    unsigned oneDnn = 0;
#ifdef LIVEGLOSS_TEST_WITH_ONEDNN
    oneDnn = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
#endif
    std::printf("%s %u\n", instructionSetName(set).data(), oneDnn);
    return 0;
}

/// In a process of its own: oneDNN takes a limit once.
Found found(const QString& own, const QString& oneDnns) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"LIVEGLOSS_MAX_ISA", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
        environment.remove(QString::fromLatin1(name));
    }
    if (!own.isEmpty()) {
        environment.insert("LIVEGLOSS_MAX_ISA", own);
    }
    if (!oneDnns.isEmpty()) {
        environment.insert("ONEDNN_MAX_CPU_ISA", oneDnns);
    }
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(), {"--print-found"});
    if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit) {
        return {};
    }
    const QStringList words = QString::fromUtf8(process.readAllStandardOutput()).trimmed().split(' ');
    return words.size() == 2 ? Found{words[0], words[1].toUInt()} : Found{};
}

int rank(const QString& level) {
    return static_cast<int>(QStringList{"portable", "avx2", "avx512", "vnni", "amx"}.indexOf(level));
}

} // namespace

/// The limits that a person sets, on us and on oneDNN.
class TestInstructionSet : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        unlimited_ = found({}, {});
        QVERIFY2(rank(unlimited_.level) >= 0, "the process of its own said nothing");
    }

    void limitsBothOfUs_data() {
        QTest::addColumn<QString>("limit");
        QTest::addColumn<unsigned>("most"); // bits of oneDNN's level
        QTest::newRow("portable") << "portable" << 0x1U;
        QTest::newRow("avx2") << "avx2" << 0x7U;
        QTest::newRow("avx512") << "avx512" << 0x27U;
        QTest::newRow("vnni") << "vnni" << 0x67U;
        QTest::newRow("amx") << "amx" << OneDnnBits::amx;
    }
    void limitsBothOfUs() {
        QFETCH(QString, limit);
        QFETCH(unsigned, most);
        const Found limited = found(limit, {});
        QVERIFY(rank(limited.level) >= 0);
        QCOMPARE(rank(limited.level), std::min(rank(limit), rank(unlimited_.level)));
        QCOMPARE(limited.oneDnn & ~most, 0U);
        if (builtWithOneDnn() && limit == "portable") {
            QCOMPARE(limited.oneDnn, 1U);
        }
    }

    void anUnknownNameLimitsNothing() {
        const Found other = found("fastest", {});
        QCOMPARE(other.level, unlimited_.level);
        QCOMPARE(other.oneDnn, unlimited_.oneDnn);
    }

    /// The lower one holds, whoever set it.
    void keepsOneDnnsOwnLimit() {
        if (!builtWithOneDnn()) {
            QSKIP("this build has no oneDNN");
        }
        QCOMPARE(found("avx2", "SSE41").oneDnn, 1U);
        QCOMPARE(found("portable", "AVX2").oneDnn, 1U);
        QCOMPARE(found({}, "SSE41").oneDnn, 1U);
        QCOMPARE(found("avx2", "sse41").oneDnn, 1U);
        // A level of which oneDNN makes another than its name says is limited all the same.
        QCOMPARE(found("avx2", "AVX2_VNNI").oneDnn & ~OneDnnBits::avx2Vnni, 0U);
        QCOMPARE(found("portable", "none of these").oneDnn, 1U);
    }

private:
    Found unlimited_;
};

int main(int count, char** arguments) {
    if (count == 2 && QByteArray(arguments[1]) == "--print-found") {
        return printFound();
    }
    QCoreApplication application(count, arguments);
    TestInstructionSet test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_instruction_set.moc"
