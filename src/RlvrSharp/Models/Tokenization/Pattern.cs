namespace RlvrSharp.Models.Tokenization;

/// <summary>
/// A regular expression over code points, compiled to a small backtracking program. .NET's own works on UTF-16 units, so its <c>\p{L}</c>
/// misses everything beyond U+FFFF and its <c>\s</c> and <c>(?i)</c> differ; tokens must not. Safe to use from several threads.
/// </summary>
internal sealed class Pattern
{
    private const int MaxInstructions = 50_000;
    private const int MaxWaysBack = 10_000_000; // in one match; Oniguruma gives up there too

    private readonly List<Instruction> program = [];
    private readonly Instruction[] code;
    private int marks;

    public Pattern(string expression)
    {
        Expression = expression;
        Emit(PatternParser.Parse(expression));
        program.Add(new Instruction(Operation.Match));
        code = [.. program];
    }

    private enum Operation
    {
        Match,

        /// <summary>One code point of Set.</summary>
        One,

        /// <summary>Minimum to Maximum (negative: any number) code points of Set, as many as will do.</summary>
        Run,

        /// <summary>On at the next instruction; if that fails, at Target.</summary>
        Try,

        Jump,
        Place,

        /// <summary>Runs the part up to Target as a look-around; Minimum 1 is negative, Maximum 1 is behind.</summary>
        Look,

        /// <summary>Runs the part up to Target once, without a way back.</summary>
        Atomic,

        /// <summary>Remembers the position in mark Target.</summary>
        Mark,

        /// <summary>Fails where nothing was taken since mark Target: a loop must not turn on the spot.</summary>
        Moved,
    }

    public string Expression { get; }

    /// <summary>Finds the next match.</summary>
    /// <param name="text">The text; it ends where the pattern may see an end.</param>
    /// <param name="from">Where to begin to look.</param>
    /// <param name="start">The match's first char.</param>
    /// <param name="end">One after its last.</param>
    /// <returns>False if there is none.</returns>
    public bool Find(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        var run = new Runner(code, text, marks);
        for (start = from; start <= text.Length;)
        {
            run.WaysBack = 0;
            end = run.Match(0, start);
            if (run.WaysBack > MaxWaysBack)
            {
                throw new CheckpointException($"The pattern {Expression} takes more than {MaxWaysBack} steps back on one text: its repeats can be split in too many ways.");
            }

            if (end >= 0)
            {
                return true;
            }

            if (start == text.Length)
            {
                break;
            }

            CodePoints.At(text, start, out int length);
            start += length;
        }

        end = -1;
        return false;
    }

    private int Add(Instruction instruction)
    {
        if (program.Count >= MaxInstructions)
        {
            throw new CheckpointException($"The pattern {Expression} is too large: its repeats unfold to more than {MaxInstructions} steps.");
        }

        program.Add(instruction);
        return program.Count - 1;
    }

    private void Aim(int instruction) => program[instruction] = program[instruction] with { Target = program.Count };

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.OneOf one:
                Add(new Instruction(Operation.One, one.Set));
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode item in sequence.Items)
                {
                    Emit(item);
                }

                break;
            case PatternNode.Choice choice:
                List<int> jumps = [];
                for (int i = 0; i < choice.Items.Count; i++)
                {
                    bool last = i == choice.Items.Count - 1;
                    int attempt = last ? -1 : Add(new Instruction(Operation.Try));
                    Emit(choice.Items[i]);
                    if (!last)
                    {
                        jumps.Add(Add(new Instruction(Operation.Jump)));
                        Aim(attempt);
                    }
                }

                jumps.ForEach(Aim);
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
            case PatternNode.Atomic atomic:
                EmitPart(new Instruction(Operation.Atomic), atomic.Item);
                break;
            case PatternNode.Look look:
                int width = look.Behind ? Width(look.Item) ?? throw new CheckpointException($"The pattern {Expression} looks behind by no fixed length, which is not supported.") : 0;
                EmitPart(new Instruction(Operation.Look, Minimum: look.Negative ? 1 : 0, Maximum: look.Behind ? width : -1), look.Item);
                break;
            case PatternNode.Place place:
                Add(new Instruction(Operation.Place, Minimum: place.Kind));
                break;
            default:
                throw new InvalidOperationException($"Unknown node {node}.");
        }
    }

    private void EmitPart(Instruction instruction, PatternNode item)
    {
        int at = Add(instruction);
        Emit(item);
        Add(new Instruction(Operation.Match));
        Aim(at);
    }

    private void EmitRepeat(PatternNode.Repeat repeat)
    {
        if (repeat is { Item: PatternNode.OneOf one, Lazy: false })
        {
            Add(new Instruction(Operation.Run, one.Set, 0, repeat.Minimum, repeat.Maximum));
            return;
        }

        for (int i = 0; i < repeat.Minimum; i++)
        {
            Emit(repeat.Item);
        }

        if (repeat.Maximum < 0)
        {
            int mark = marks++;
            int loop = EmitTry(repeat.Lazy, out int exit);
            Add(new Instruction(Operation.Mark, Target: mark));
            Emit(repeat.Item);
            Add(new Instruction(Operation.Moved, Target: mark));
            Add(new Instruction(Operation.Jump, Target: loop));
            Aim(exit);
            return;
        }

        List<int> exits = [];
        for (int i = repeat.Minimum; i < repeat.Maximum; i++)
        {
            EmitTry(repeat.Lazy, out int exit);
            exits.Add(exit);
            Emit(repeat.Item);
        }

        exits.ForEach(Aim);
    }

    /// <summary>Emits the fork before an optional part; returns where it begins, and the instruction to aim at the part's end.</summary>
    private int EmitTry(bool lazy, out int exit)
    {
        int fork = Add(new Instruction(Operation.Try));
        if (!lazy)
        {
            exit = fork;
            return fork;
        }

        // Lazy: leaving first, the part second.
        exit = Add(new Instruction(Operation.Jump));
        Aim(fork);
        return fork;
    }

    private static int? Width(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.OneOf:
                return 1;
            case PatternNode.Place or PatternNode.Look:
                return 0;
            case PatternNode.Atomic atomic:
                return Width(atomic.Item);
            case PatternNode.Repeat repeat:
                return repeat.Minimum == repeat.Maximum ? Width(repeat.Item) * repeat.Minimum : null;
            case PatternNode.Sequence sequence:
                return sequence.Items.Aggregate((int?)0, (sum, item) => sum + Width(item));
            case PatternNode.Choice choice:
                int? first = Width(choice.Items[0]);
                return choice.Items.All(item => Width(item) == first) ? first : null;
            default:
                return null;
        }
    }

    private sealed record Instruction(Operation Operation, CodePointSet? Set = null, int Target = 0, int Minimum = 0, int Maximum = 0);

    /// <summary>One search: the text and the ways back still open.</summary>
    private ref struct Runner(Instruction[] code, ReadOnlySpan<char> text, int marks)
    {
        // Frames of three: an instruction, the position, and the lowest position of a run (else −1); or −1−mark, its old value, −1.
        private readonly ReadOnlySpan<char> text = text;
        private readonly int[] positions = marks == 0 ? [] : new int[marks];
        private int[] frames = new int[96];
        private int height;

        /// <summary>The ways back taken since this was last set to 0.</summary>
        public int WaysBack { get; set; }

        public int Match(int instruction, int position)
        {
            int floor = height;
            int end = Step(instruction, position, floor);
            height = floor;
            return end;
        }

        private int Step(int next, int position, int floor)
        {
            while (true)
            {
                Instruction step = code[next];
                bool holds = true;
                switch (step.Operation)
                {
                    case Operation.Match:
                        return position;
                    case Operation.One:
                        holds = position < text.Length && step.Set!.Contains(CodePoints.At(text, position, out int length)) && (position += length) > 0;
                        break;
                    case Operation.Run:
                        holds = TakeRun(step, next, ref position);
                        break;
                    case Operation.Try:
                        Push(step.Target, position, -1);
                        break;
                    case Operation.Jump:
                        next = step.Target;
                        continue;
                    case Operation.Place:
                        holds = IsPlace((char)step.Minimum, position);
                        break;
                    case Operation.Look:
                        holds = LookAround(step, next, position);
                        next = holds ? step.Target - 1 : next;
                        break;
                    case Operation.Atomic:
                        int end = Match(next + 1, position);
                        holds = end >= 0;
                        position = holds ? end : position;
                        next = holds ? step.Target - 1 : next;
                        break;
                    case Operation.Mark:
                        Push(-1 - step.Target, positions[step.Target], -1);
                        positions[step.Target] = position;
                        break;
                    case Operation.Moved:
                        holds = positions[step.Target] != position;
                        break;
                    default:
                        throw new InvalidOperationException($"Unknown operation {step.Operation}.");
                }

                if (holds)
                {
                    next++;
                }
                else if (!Back(floor, ref next, ref position))
                {
                    return -1;
                }
            }
        }

        private bool TakeRun(Instruction step, int at, ref int position)
        {
            CodePointSet set = step.Set!;
            int count = 0;
            int lowest = step.Minimum == 0 ? position : -1;
            while (count != step.Maximum && position < text.Length && set.Contains(CodePoints.At(text, position, out int length)))
            {
                position += length;
                if (++count == step.Minimum)
                {
                    lowest = position;
                }
            }

            if (count < step.Minimum)
            {
                return false;
            }

            if (position > lowest)
            {
                Push(at + 1, position, lowest);
            }

            return true;
        }

        private bool Back(int floor, ref int next, ref int position)
        {
            while (height > floor)
            {
                if (++WaysBack > MaxWaysBack)
                {
                    return false;
                }

                ref int target = ref frames[height - 3];
                if (target < 0)
                {
                    positions[-1 - target] = frames[height - 2];
                    height -= 3;
                    continue;
                }

                next = target;
                position = frames[height - 2];
                int lowest = frames[height - 1];
                if (lowest < 0)
                {
                    height -= 3;
                    return true;
                }

                // A run gives back its last code point, and stays open while it has more to give.
                CodePoints.Before(text, position, out int length);
                position -= length;
                if (position > lowest)
                {
                    frames[height - 2] = position;
                }
                else
                {
                    height -= 3;
                }

                return true;
            }

            return false;
        }

        private bool LookAround(Instruction step, int at, int position)
        {
            for (int back = step.Maximum; back > 0; back--)
            {
                if (position == 0)
                {
                    return step.Minimum == 1;
                }

                CodePoints.Before(text, position, out int length);
                position -= length;
            }

            return Match(at + 1, position) >= 0 == (step.Minimum == 0);
        }

        private readonly bool IsPlace(char kind, int position)
        {
            bool WordBefore(ReadOnlySpan<char> all) => position > 0 && CodePoints.IsPatternWord(CodePoints.Before(all, position, out _));
            bool WordAfter(ReadOnlySpan<char> all) => position < all.Length && CodePoints.IsPatternWord(CodePoints.At(all, position, out _));
            return kind switch
            {
                '^' => position == 0 || (text[position - 1] == '\n' && position < text.Length),
                '$' => position == text.Length || text[position] == '\n',
                'A' => position == 0,
                'z' => position == text.Length,
                'Z' => position == text.Length || (position == text.Length - 1 && text[position] == '\n'),
                'b' => WordBefore(text) != WordAfter(text),
                _ => WordBefore(text) == WordAfter(text),
            };
        }

        private void Push(int target, int position, int lowest)
        {
            if (height + 3 > frames.Length)
            {
                Array.Resize(ref frames, frames.Length * 2);
            }

            frames[height] = target;
            frames[height + 1] = position;
            frames[height + 2] = lowest;
            height += 3;
        }
    }
}
