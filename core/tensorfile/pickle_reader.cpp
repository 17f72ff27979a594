#include "pickle_reader.h"

#include "pickle_calls.h"
#include "pickle_literals.h"

#include <unordered_map>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t longestPickle = 64U << 20;
constexpr std::size_t highestStack = 1U << 20;
constexpr std::size_t mostMarks = 2 * pickleDepth;
constexpr int newestProtocol = 5;

class Machine {
public:
    Machine(ByteStream& stream, PickleDialect dialect, MemoryBudget& budget)
        : stream_(stream),
          budget_(budget),
          pickle_(std::make_unique<Pickle>()),
          calls_(dialect, budget, *pickle_),
          literals_(stream, budget, calls_),
          begin_(stream.position()) {}

    std::uint64_t opcodePlace() const { return opcodePlace_; }

    std::unique_ptr<const Pickle> run() {
        for (;;) {
            opcodePlace_ = stream_.position();
            if (opcodePlace_ - begin_ > longestPickle) {
                refuse("the pickle is longer than any real one");
            }
            const auto opcode = static_cast<char>(stream_.byte());
            if (opcode == '.') {
                const PickleValue* root = pop();
                if (!stack_.empty() || !marks_.empty()) {
                    refuse("the pickle ends with values left over");
                }
                pickle_->root = root;
                checkStructure(*root, budget_);
                return std::move(pickle_);
            }
            if (PickleValue* literal = literals_.read(opcode)) {
                push(literal);
            } else if (!container(opcode) && !memo(opcode) && !callOrControl(opcode)) {
                refuse(joined("the opcode ", static_cast<unsigned>(static_cast<unsigned char>(opcode)),
                              " is unknown or not allowed"));
            }
        }
    }

private:
    void push(PickleValue* value) {
        if (stack_.size() == highestStack) {
            refuse("the pickle's stack grows higher than any real one");
        }
        stack_.push_back(value);
    }
    std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
    PickleValue& top() const {
        if (stack_.size() <= floor()) {
            refuse("the pickle's stack underflows");
        }
        return *stack_.back();
    }
    PickleValue* pop() {
        PickleValue* value = &top();
        stack_.pop_back();
        return value;
    }
    void mark() {
        if (marks_.size() == mostMarks) {
            refuse(joined("values nest more than ", pickleDepth, " deep"));
        }
        marks_.push_back(stack_.size());
    }
    /// Where the values after the last mark begin; removes the mark.
    std::size_t popMark() {
        if (marks_.empty()) {
            refuse("a mark is missing on the pickle's stack");
        }
        const std::size_t begin = marks_.back();
        marks_.pop_back();
        return begin;
    }

    /// A new container of the values from `begin` on, which leave the stack.
    void pushContainer(PickleKind kind, std::size_t begin) {
        PickleValue* made = calls_.make(kind);
        moveInto(*made, begin);
        push(made);
    }

    void moveInto(PickleValue& container, std::size_t begin) {
        const std::size_t count = stack_.size() - begin;
        if (container.kind == PickleKind::Dict && count % 2 != 0) {
            refuse("a dictionary's key has no value");
        }
        for (std::size_t i = begin; i < stack_.size(); ++i) {
            calls_.append(container, stack_[i]);
        }
        stack_.resize(begin);
    }

    void shortTuple(std::size_t count) {
        if (stack_.size() < floor() + count) {
            refuse("the pickle's stack underflows");
        }
        pushContainer(PickleKind::Tuple, stack_.size() - count);
    }

    /// Adds the last `count` values, or those after the mark, to the container below them.
    void extend(PickleKind kind, std::size_t count) {
        std::size_t begin = 0;
        if (count == 0) {
            begin = popMark();
        } else if (stack_.size() < floor() + count) {
            refuse("the pickle's stack underflows");
        } else {
            begin = stack_.size() - count;
        }
        if (begin <= floor()) {
            refuse("the pickle's stack underflows");
        }
        PickleValue& container = *stack_[begin - 1];
        if (container.kind != kind) {
            refuse(joined("entries are added to ", kindText(container.kind), " instead of ", kindText(kind)));
        }
        moveInto(container, begin);
    }

    bool container(char opcode) {
        switch (opcode) {
        case '(':
            mark();
            return true;
        case ')':
        case ']':
        case '}':
        case '\x8F':
            push(calls_.make(opcode == ')'   ? PickleKind::Tuple
                             : opcode == ']' ? PickleKind::List
                             : opcode == '}' ? PickleKind::Dict
                                             : PickleKind::Set));
            return true;
        case 't':
        case 'l':
        case 'd':
        case '\x91':
            pushContainer(opcode == 't'   ? PickleKind::Tuple
                          : opcode == 'l' ? PickleKind::List
                          : opcode == 'd' ? PickleKind::Dict
                                          : PickleKind::Set,
                          popMark());
            return true;
        case '\x85':
        case '\x86':
        case '\x87':
            shortTuple(static_cast<unsigned char>(opcode) - 0x84U);
            return true;
        case 'a':
            extend(PickleKind::List, 1);
            return true;
        case 'e':
            extend(PickleKind::List, 0);
            return true;
        case 's':
            extend(PickleKind::Dict, 2);
            return true;
        case 'u':
            extend(PickleKind::Dict, 0);
            return true;
        case '\x90':
            extend(PickleKind::Set, 0);
            return true;
        default:
            return false;
        }
    }

    void remember(std::uint64_t key) {
        constexpr std::uint64_t nodeBytes = 64;
        PickleValue* value = &top();
        if (memo_.insert_or_assign(key, value).second) {
            budget_.take(nodeBytes);
        }
    }
    void recall(std::uint64_t key) {
        const auto found = memo_.find(key);
        if (found == memo_.end()) {
            refuse(joined("the pickle refers to its memo entry ", key, ", which it has not made"));
        }
        push(found->second);
    }
    std::uint64_t memoLine() {
        const std::int64_t key = parsedPickleInteger(stream_.line(longestPickleLine));
        if (key < 0) {
            refuse("a memo entry has a negative number");
        }
        return static_cast<std::uint64_t>(key);
    }

    bool memo(char opcode) {
        switch (opcode) {
        case 'p':
            remember(memoLine());
            return true;
        case 'q':
            remember(stream_.byte());
            return true;
        case 'r':
            remember(stream_.unsignedInteger(4));
            return true;
        case '\x94':
            remember(memo_.size());
            return true;
        case 'g':
            recall(memoLine());
            return true;
        case 'h':
            recall(stream_.byte());
            return true;
        case 'j':
            recall(stream_.unsignedInteger(4));
            return true;
        default:
            return false;
        }
    }

    void protocol() {
        const int version = stream_.byte();
        if (version > newestProtocol) {
            refuseUnsupported(joined("pickle protocol ", version, " is newer than ", newestProtocol),
                              "Save the file again with an older Python, or as safetensors.");
        }
    }

    void globalFromStack() {
        const PickleValue& name = *pop();
        const PickleValue& module = *pop();
        if (name.kind != PickleKind::Text || module.kind != PickleKind::Text) {
            refuse("a class or function is named by something else than texts");
        }
        push(calls_.global(module.text, name.text));
    }

    void popOrMark() {
        if (stack_.size() > floor()) {
            stack_.pop_back();
        } else {
            popMark();
        }
    }

    bool callOrControl(char opcode) {
        switch (opcode) {
        case '\x80':
            protocol();
            return true;
        case '\x95': // a frame's length, which says nothing that the opcodes do not
            if (const std::uint64_t length = stream_.unsignedInteger(8); length > stream_.left()) {
                refuse(joined("a frame of ", length, " bytes is announced where only ", stream_.left(), " are left"));
            }
            return true;
        case '0':
            popOrMark();
            return true;
        case '1':
            stack_.resize(popMark());
            return true;
        case '2':
            push(&top());
            return true;
        case 'c': {
            const std::string module = stream_.line(longestPickleLine);
            push(calls_.global(module, stream_.line(longestPickleLine)));
            return true;
        }
        case '\x93':
            globalFromStack();
            return true;
        case 'R':
        case '\x81': {
            const PickleValue& arguments = *pop();
            const PickleValue& function = *pop();
            push(opcode == 'R' ? calls_.call(function, arguments) : calls_.construct(function, arguments));
            return true;
        }
        case 'b': {
            const PickleValue& state = *pop();
            calls_.build(top(), state);
            return true;
        }
        case 'Q':
            push(calls_.storage(*pop()));
            return true;
        default:
            return refuseKnown(opcode);
        }
    }

    /// Opcodes of the pickle language that no file of weights needs.
    static bool refuseKnown(char opcode) {
        switch (opcode) {
        case 'P':
            refuse("a persistent id is a text, not a storage tuple");
        case 'i':
        case 'o':
        case '\x92':
            refuse("the pickle makes an object in a way that is not allowed (INST, OBJ or NEWOBJ_EX)");
        case '\x82':
        case '\x83':
        case '\x84':
            refuse("the pickle uses an extension code");
        case '\x97':
        case '\x98':
            refuse("the pickle keeps data outside itself");
        default:
            return false;
        }
    }

    ByteStream& stream_;
    MemoryBudget& budget_;
    std::unique_ptr<Pickle> pickle_;
    PickleCalls calls_;
    PickleLiterals literals_;
    std::uint64_t begin_;
    std::uint64_t opcodePlace_ = 0;
    std::vector<PickleValue*> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

} // namespace

std::unique_ptr<const Pickle> readPickle(ByteStream& stream, PickleDialect dialect, MemoryBudget& budget,
                                         std::string_view label) {
    Machine machine(stream, dialect, budget);
    try {
        return machine.run();
    } catch (Refusal& refusal) {
        refusal.message = joined(label, " at byte ", machine.opcodePlace(), ": ", refusal.message);
        throw;
    }
}

} // namespace livegloss::tensorfile
