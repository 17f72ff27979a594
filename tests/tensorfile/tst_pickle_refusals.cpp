#include "model_files.h"
#include "refusal_check.h"

#include <QtTest>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;

namespace {

/// `ops` becomes the data.pkl of an archive that is otherwise right.
void value(const Row& row, const char* name, const std::string& ops, const char* message) {
    row(name, torchZip(pickle(ops)), message);
}

void addGlobals(const Row& row) {
    const std::vector<std::pair<const char*, const char*>> globals{
        {"os", "system"},
        {"posix", "system"},
        {"nt", "system"},
        {"builtins", "eval"},
        {"builtins", "exec"},
        {"builtins", "getattr"},
        {"builtins", "set"},
        {"__builtin__", "eval"},
        {"subprocess", "Popen"},
        {"importlib", "import_module"},
        {"pickle", "loads"},
        {"functools", "partial"},
        {"operator", "attrgetter"},
        {"sys", "modules"},
        {"copyreg", "_reconstructor"},
        {"collections", "defaultdict"},
        {"collections", "OrderedDict.__init__"},
        {"_codecs", "decode"},
        {"numpy", "fromfile"},
        {"numpy.core.multiarray", "fromstring"},
        {"numpy.random._pickle", "__randomstate_ctor"},
        {"torch", "load"},
        {"torch", "device"},
        {"torch", "FloatTensor"},
        {"torch.hub", "load"},
        {"torch.storage", "_load_from_bytes"},
        {"torch._utils", "_rebuild_tensor"},
        {"torch._utils", "_rebuild_qtensor"},
        {"torch._utils", "_import_dotted_name"},
        {"torch.nn.modules.linear", "Linear"},
        {"torch.jit._pickle", "build_intlist"},
        {"__torch__", "Net"},
        {"", ""},
    };
    for (const auto& [module, name] : globals) {
        const std::string label = std::string("global ").append(module).append(".").append(name);
        row(label, torchZip(pickle(call(global(module, name), {text("x")}))), "is not run");
    }
    value(row, "STACK_GLOBAL os.system", text("os") + text("system") + "\x93" + tuple({text("x")}) + "R",
          "'os system'");
    value(row, "STACK_GLOBAL of a number", text("os") + integer(1) + "\x93", "something else than texts");
    value(row, "STACK_GLOBAL without names", "\x93", "underflows");
    value(row, "a global without an end", "ctorch\nFloat", "ends too early");
    value(row, "a global of endless length", "c" + std::string(100000, 'a') + "\nb\n", "more than 4096 bytes");
}

void addCalls(const Row& row) {
    const std::string args = tuple({integer(1)});
    value(row, "REDUCE of a text", text("f") + args + "R", "a text is called");
    value(row, "REDUCE of a dictionary", "}" + args + "R", "a dictionary is called");
    value(row, "REDUCE of a tensor", tensor({}) + args + "R", "a tensor is called");
    value(row, "REDUCE with a list", global("collections", "OrderedDict") + "]R", "with a list");
    value(row, "REDUCE of a dtype", call(global("torch", "float32"), {integer(1)}), "not allowed");
    value(row, "REDUCE of a storage type", call(global("torch", "FloatStorage"), {integer(1)}), "not allowed");
    value(row, "REDUCE of ndarray", call(global("numpy", "ndarray"), {integers({1})}), "not allowed");
    value(row, "OrderedDict of two", call(global("collections", "OrderedDict"), {"}", "}"}), "more than one argument");
    value(row, "OrderedDict of a number", call(global("collections", "OrderedDict"), {integer(1)}), "an integer");
    value(row, "OrderedDict of singles", call(global("collections", "OrderedDict"), {list({integer(1)})}),
          "than pairs");
    value(row, "Size of texts", call(global("torch", "Size"), {tuple({text("a")})}), "a text instead of an integer");
    value(row, "Size of nothing", call(global("torch", "Size"), {}), "arguments");
    value(row, "encode to utf-16", call(global("_codecs", "encode"), {text("b"), text("utf-16")}), "latin1");
    value(row, "encode Chinese as latin1", call(global("_codecs", "encode"), {text("丈"), text("latin1")}), "latin1");
    value(row, "encode bytes", call(global("_codecs", "encode"), {rawBytes("b"), text("latin1")}), "argument 1");
    value(row, "parameter of a number",
          call(global("torch._utils", "_rebuild_parameter"), {integer(1), truth(true), "}"}),
          "argument 1 of a call is an integer");
    value(row, "parameter of one argument", call(global("torch._utils", "_rebuild_parameter"), {tensor({})}),
          "arguments");
    value(row, "ndarray of a text", call(global("numpy.core.multiarray", "_reconstruct"), {text("a"), "]", "]"}),
          "argument 1");
    const std::string scalar = global("numpy.core.multiarray", "scalar");
    const std::string type = call(global("numpy", "dtype"), {text("f8"), truth(false), truth(true)});
    value(row, "NumPy scalar cut short", call(scalar, {type, rawBytes("1234")}), "4 bytes");
    value(row, "NumPy scalar of an object",
          call(scalar, {call(global("numpy", "dtype"), {text("O8")}), rawBytes("12345678")}), "'O8'");
    value(row, "NEWOBJ of OrderedDict", global("collections", "OrderedDict") + ")\x81", "not allowed");
    value(row, "NEWOBJ of a text", text("a") + ")\x81", "not allowed");
    value(row, "NEWOBJ_EX", global("collections", "OrderedDict") + ")}\x92", "NEWOBJ_EX");
    value(row, "INST", "(ios\nsystem\n", "INST");
    value(row, "OBJ", "(" + global("collections", "OrderedDict") + "o", "OBJ");
    value(row, "BUILD of a tensor", tensor({}) + "}b", "a state is given to a tensor");
    value(row, "BUILD of a list", "]}b", "a state is given to a list");
    value(row, "BUILD of a global", global("collections", "OrderedDict") + "}b", "a class or function");
    value(row, "BUILD of a dictionary with a tuple", orderedDict() + ")b", "attributes of a dictionary");
    value(row, "BUILD without a value", "}b", "underflows");
    value(row, "dtype of records",
          call(global("numpy", "dtype"), {text("V8")}) +
              tuple({integer(3), text("|"), none(), tuple({text("x")}), none()}) + "b",
          "records");
    value(row, "dtype with unknown order",
          call(global("numpy", "dtype"), {text("f8")}) + tuple({integer(3), text("?"), none(), none(), none()}) + "b",
          "byte order");
    for (const char* opcode : {"\x82\x01", "\x83\x01\x01", "\x84\x01\x01\x01\x01"}) {
        row(std::string("extension code ") + std::to_string(static_cast<unsigned char>(*opcode)),
            torchZip(pickle(opcode)), "extension code");
    }
    value(row, "NEXT_BUFFER", "\x97", "outside itself");
    value(row, "READONLY_BUFFER", "]\x98", "outside itself");
    value(row, "unknown opcode", "\xFF", "opcode 255");
}

void addStack(const Row& row) {
    value(row, "STOP on an empty stack", "", "underflows");
    value(row, "POP on an empty stack", "0", "mark is missing");
    value(row, "DUP on an empty stack", "2", "underflows");
    value(row, "TUPLE1 on an empty stack", "\x85", "underflows");
    value(row, "TUPLE3 of two", "]]\x87", "underflows");
    value(row, "TUPLE2 through a mark", "]](\x86", "underflows");
    value(row, "TUPLE without a mark", "]t", "mark is missing");
    value(row, "LIST without a mark", "]l", "mark is missing");
    value(row, "DICT of three", "(NNNd", "no value");
    value(row, "SETITEMS without a mark", "}u", "mark is missing");
    value(row, "SETITEMS without a dictionary", "(NNu", "underflows");
    value(row, "SETITEMS of one", "}(Nu", "no value");
    value(row, "SETITEMS on a list", "](NNu", "a list instead of a dictionary");
    value(row, "SETITEM of one", "}Ns", "underflows");
    value(row, "APPEND to nothing", "Na", "underflows");
    value(row, "APPEND to a tuple", ")Na", "a tuple instead of a list");
    value(row, "APPENDS to a dictionary", "}(Ne", "a dictionary instead of a list");
    value(row, "ADDITEMS to a list", "](N\x90", "a list instead of a set");
    value(row, "POP_MARK without a mark", "]1", "mark is missing");
    value(row, "values left over", "]]", "left over");
    value(row, "a mark left over", "(]", "left over");
    value(row, "BUILD through a mark", orderedDict() + "(}b", "underflows");
    value(row, "dangling BINGET", "h\x05", "memo entry 5");
    value(row, "dangling LONG_BINGET", "j" + littleEndian(4000000000U, 4), "memo entry 4000000000");
    value(row, "dangling GET", "g7\n", "memo entry 7");
    value(row, "negative GET", "g-1\n", "negative");
    value(row, "GET of a word", "gx\n", "not an integer");
    value(row, "PUT of a word", "]px\n", "not an integer");
    value(row, "BINPUT on an empty stack", "q\1", "underflows");
    value(row, "MEMOIZE on an empty stack", "\x94", "underflows");
    value(row, "INT of a word", "Iabc\n", "not an integer");
    value(row, "INT past 64 bits", "I99999999999999999999\n", "not an integer");
    value(row, "LONG of a word", "LxL\n", "not an integer");
    value(row, "FLOAT of a word", "Fabc\n", "not a number");
    value(row, "STRING without marks", "Sabc\n", "quotation marks");
    value(row, "protocol 6", "\x80\x06]", "protocol 6");
    row("protocol 255", torchZip(pickle("]", 255)), "protocol 255");
}

void addLengths(const Row& row) {
    value(row, "BINUNICODE past the end", "X" + littleEndian(1000, 4), "1000 bytes is announced");
    value(row, "BINUNICODE of 4 GiB", "X\xFF\xFF\xFF\xFF", "4294967295 bytes is announced");
    value(row, "BINUNICODE8 of 2^63", "\x8D" + littleEndian(1ULL << 63, 8), "is announced");
    value(row, "BINUNICODE8 of 2^64 - 1", "\x8D" + littleEndian(~0ULL, 8), "is announced");
    value(row, "SHORT_BINUNICODE past the end", "\x8C\x30", "48 bytes is announced");
    value(row, "BINBYTES past the end", "B" + littleEndian(1000, 4), "1000 bytes is announced");
    value(row, "BINBYTES8 past the end", "\x8E" + littleEndian(1ULL << 40, 8), "is announced");
    value(row, "SHORT_BINBYTES past the end", "C\x30", "48 bytes is announced");
    value(row, "BYTEARRAY8 past the end", "\x96" + littleEndian(1ULL << 40, 8), "is announced");
    value(row, "BINSTRING past the end", "T" + littleEndian(1000, 4), "1000 bytes is announced");
    value(row, "SHORT_BINSTRING past the end", "U\x30", "48 bytes is announced");
    value(row, "LONG1 past the end", "\x8A\x30", "48 bytes is announced");
    value(row, "LONG4 past the end", "\x8B" + littleEndian(1U << 30, 4), "is announced");
    value(row, "FRAME past the end", "\x95" + littleEndian(1000, 8), "a frame of 1000 bytes");
    value(row, "FRAME of 2^64 - 1", "\x95" + littleEndian(~0ULL, 8), "a frame of");
    row("no STOP", torchZip("\x80\x02]"), "ends too early");
    row("cut inside a number", torchZip("\x80\x02J\1"), "ends too early");
    row("an empty pickle", torchZip(""), "ends too early");
    row("bytes after STOP", torchZip(pickle("]") + "x"), "goes on for 1 bytes");
    value(row, "text that is not UTF-8", "X" + littleEndian(1, 4) + "\xFF", "not UTF-8");
    value(row, "text with half a letter", "X" + littleEndian(1, 4) + "\xC3", "not UTF-8");
    value(row, "text with a surrogate", text("\xED\xA0\x80"), "not UTF-8");
}

std::string repeated(const std::string& part, int count) {
    std::string whole;
    whole.reserve(part.size() * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        whole += part;
    }
    return whole;
}

void addSizes(const Row& row) {
    value(row, "lists nested 65 deep", repeated("]", 65) + repeated("a", 64), "nest more than 64 deep");
    value(row, "lists nested 100000 deep", repeated("]", 100000) + repeated("a", 99999), "nest more than 64 deep");
    value(row, "tuples nested 100 deep", ")" + repeated("\x85", 100), "nest more than 64 deep");
    value(row, "marks nested 100000 deep", repeated("(", 100000), "nest more than 64 deep");
    value(row, "dictionaries nested 70 deep", repeated("}" + text("k"), 69) + "}" + repeated("s", 69), "64 deep");
    value(row, "a list in itself", "]q\1h\1a", "contains itself");
    value(row, "a dictionary in itself", "}q\1" + text("k") + "h\1s", "contains itself");
    value(row, "lists in each other", "]q\1]q\2h\1aa", "contains itself");
    value(row, "a state in itself", orderedDict() + "q\1}" + text("a") + "h\1sb", "contains itself");
    // Every list holds the one before it ten times: 10^20 paths in a few hundred bytes.
    value(row, "exponential lists", "]q\1" + repeated("0](" + repeated("h\1", 10) + "eq\1", 20), "refer to each other");
    value(row, "exponential dictionaries of tensors",
          tensor({}) + "q\1" + repeated("0}(" + text("a") + "h\1" + text("b") + "h\1uq\1", 30), "memory");
    value(row, "four million dictionaries", "(" + repeated("}", 4000000) + "t", "stack grows");
    value(row, "four million numbers", "(" + repeated("K\1", 4000000) + "t", "stack grows");
    value(row, "four million Nones", "(" + repeated("N", 4000000) + "t", "stack grows");
    value(row, "a list of the same list, 16 million times",
          "]q\1](" + repeated("h\1", 900000) + "e" + repeated("(" + repeated("h\1", 900000) + "e", 15), "memory");
    value(row, "endless memo entries", "]" + repeated("\x94", 8000000), "memory");
    row("a pickle of 70 MiB", torchZip(pickle(repeated("N0", 35 << 20) + "]")), "more than any real pickle");
    const std::string key(1U << 20, 'k');
    value(row, "a key of 1 MiB", "}" + text(key) + "Ns", "a dictionary's key has 1048576 bytes");
    value(row, "a list under a key of 8 MB",
          "}" + text(std::string(8'000'000, 'a')) + "](" + repeated("N", 8000) + "es",
          "a dictionary's key has 8000000 bytes");
    const std::string name(1000, 'k');
    value(row, "a long key on a long path",
          text(name) + "q\2" + repeated("0", 1) + repeated("}h\2", 59) + "}" + repeated("s", 59), "a value's name has");
    value(row, "a long list under a long key",
          "}" + text("m") + "}" + text(std::string(4000, 'k')) + "](" + repeated("N", 900000) + "ess", "memory");
    value(row, "one long key in many dictionaries",
          text(std::string(4000, 'k')) + "q\2" + repeated("0", 1) + "](" + repeated("}h\2Ns", 300000) + "e", "memory");
    value(row, "one long list as thousands of sizes",
          "K\1q\1" + repeated("0", 1) + "]q\2(" + repeated("h\1", 1000000) + "e0" + global("torch", "Size") + "q\3" +
              repeated("0h\3h\2\x85R", 2000),
          "1000000 dimensions");
    value(row, "the same text key twice", textDict({{"a", integer(1)}, {"a", integer(2)}}), "key 'a' twice");
    value(row, "the same number key twice", dict({{integer(1), none()}, {integer(1), none()}}), "key '1' twice");
}

} // namespace

/// Pickles that are damaged or want more than to describe weights, each in an archive that is otherwise right.
class TestPickleRefusals : public QObject {
    Q_OBJECT

private slots:
    void refuses_data() {
        const Row row = rowAdder();
        addGlobals(row);
        addCalls(row);
        addStack(row);
        addLengths(row);
        addSizes(row);
    }

    void refuses() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, message);
        const QString problem = refusalProblem(folder_, contents, message, openAndRead);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestPickleRefusals)
#include "tst_pickle_refusals.moc"
