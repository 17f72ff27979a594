#pragma once

#include <QDir>
#include <QFile>
#include <QString>
#include <QTest>

/// The lists of a small data set in each layout: clips in train, dev and test, two signers, glosses A to D.
namespace small {

inline void write(const QString& path, const QByteArray& contents) {
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(contents), contents.size());
}

inline void phoenix2014(const QString& root, const QByteArray& part = {}) {
    const QByteArray heading = "id|folder|signer|annotation\n";
    write(root + "/annotations/manual/train" + part + ".corpus.csv",
          heading +
              "one_default-0|one_default-0/1/*.png|Signer01|A B\ntwo_default-1|two_default-1/1/*.png|Signer02|B C D\n");
    write(root + "/annotations/manual/dev" + part + ".corpus.csv",
          heading + "three_default-0|three_default-0/1/*.png|Signer01|C\n");
    write(root + "/annotations/manual/test" + part + ".corpus.csv",
          heading + "four_default-0|four_default-0/1/*.png|Signer02|D A\n");
}

inline void phoenix2014T(const QString& root) {
    const QByteArray heading = "name|video|start|end|speaker|orth|translation\n";
    const QString folder = root + "/annotations/manual/PHOENIX-2014-T.";
    write(folder + "train.corpus.csv", heading + "one-1|one-1/1/*.png|-1|-1|Signer01|A B|guten abend .\n"
                                                 "two-2|two-2/1/*.png|-1|-1|Signer02|B C D|wind und regen\n");
    write(folder + "dev.corpus.csv", heading + "three-3|three-3/1/*.png|-1|-1|Signer01|C|sonne\n");
    write(folder + "test.corpus.csv", heading + "four-4|four-4/1/*.png|-1|-1|Signer02|D A|schnee\n");
}

inline void cslDaily(const QString& root) {
    write(root + "/sentence_label/split_1.txt", "name|split\nS000001_P0000_T00|train\nS000003_P0001_T00|dev\n"
                                                "S000004_P0000_T00|test\n");
    write(root + "/sentence_label/video_map.txt",
          "index|name|length|gloss|char|word|postag\n"
          "0|S000001_P0000_T00|30|A B|a b|a b|n n\n"
          "1|S000003_P0001_T00|30|C|c|c|n\n"
          "2|S000004_P0000_T00|30|D A|d a|d a|n n\n"
          "3|S000007_P0001_T00|30|B C D|b c d|b c d|n n n\n"); // in no split
}

inline void csl(const QString& root) {
    write(root + "/train.txt",
          "/disk1/CSL/color/000/P01_s1_00_0_color|A B\n/disk1/CSL/color/001/P02_s1_01_0_color|B C D\n");
    write(root + "/dev.txt", "/disk1/CSL/color/000/P41_s1_00_0_color|A B\n");
}

inline void table(const QString& root) {
    write(root + "/dataset.tsv", "path\tglosses\tsplit\tsigner\tstart\tend\n"
                                 "one\tA B\ttrain\tanna\t\t\n"
                                 "two\tB C D\ttrain\tben\t\t\n"
                                 "three\tC\tdev\tanna\t0.2\t1.0\n"
                                 "four\tD A\ttest\tben\t\t\n");
}

} // namespace small
