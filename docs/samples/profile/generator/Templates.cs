namespace RlvrSharp.Samples.Profile;

/// <summary>
/// What biographies are made of. {Who} is the person at the beginning of a sentence, {who} inside one, {whom} and {Whose} what they say;
/// {x} is the university, the city with its state, or the languages.
/// </summary>
internal static class Templates
{
    /// <summary>Where the person studied: the answer's university.</summary>
    public static Pool<string> University { get; } = new(
        ["{Who} graduated from {x}.", "{Who} holds a degree from {x}.", "{Who} studied computing at {x}.", "{Who} earned a master's at {x}.", "{Who} is an alum of {x}.",
         "{Who} finished a degree at {x}.", "At {x} {who} took a degree in physics.", "{Who} spent four years at {x} and got a diploma."],
        ["{Who} completed a doctorate at {x}.", "{Who} went to college at {x}.", "{Who} left {x} with a degree in maths.", "{Who} has a diploma from {x}.", "In June {who} graduated from {x} with honors."],
        ["{Who} got a bachelor's from {x}.", "{Who} is a graduate of {x}."]);

    /// <summary>A university the person did not study at.</summary>
    public static Pool<string> OtherUniversity { get; } = new(
        ["{Who} was turned down by {x}.", "{Who} once visited {x} for a week.", "{Who} gave a guest talk at {x}.", "{Who} applied to {x} without luck.",
         "{Who} had an offer from {x} but said no.", "{Whose} brother studied at {x}.", "{Whose} partner works at {x}.", "{Who} attended a workshop at {x}."],
        ["{Who} was rejected by {x}.", "{Whose} sister went to {x}.", "{Who} once toured {x} as a visitor.", "{Who} dreamed of {x} but never applied.", "{Who} spoke at a conference at {x}."],
        ["{Who} missed the deadline of {x}.", "{Whose} best friend teaches at {x}."]);

    /// <summary>What the person writes: the answer's languages.</summary>
    public static Pool<string> Programming { get; } = new(
        ["{Who} writes {x} every day.", "{Who} codes in {x}.", "{Who} works with {x}.", "{Who} is fluent in {x}.", "{Whose} main tools are {x}.", "At work {who} uses {x}.",
         "{Who} builds services in {x}.", "{Who} programs in {x} for a living."],
        ["{Who} develops software in {x}.", "{Whose} daily languages are {x}.", "{Who} knows {x} well.", "Most days {who} writes {x} code.", "{Who} ships products written in {x}."],
        ["{Who} gets paid to write {x}.", "{Whose} code is in {x}."]);

    /// <summary>A language the person does not write.</summary>
    public static Pool<string> DroppedLanguage { get; } = new(
        ["{Who} tried {x} once and dropped it.", "{Who} gave up on {x}.", "{Who} never liked {x}.", "{Who} looked at {x} but did not stay with it.",
         "{Who} has forgotten the {x} from school.", "{Who} stopped using {x} long ago.", "{Who} plans to learn {x} one day.", "{Who} left {x} behind."],
        ["{Who} abandoned {x} after a month.", "{Who} no longer touches {x}.", "A course in {x} left {whom} cold.", "{Who} quit {x} years ago.", "{Who} found {x} too hard and moved on."],
        ["{Who} cannot stand {x}.", "{Who} hopes to pick up {x} later."]);

    /// <summary>Where the person lives: the answer's city and state.</summary>
    public static Pool<string> Home { get; } = new(
        ["{Who} lives in {x}.", "{Who} is based in {x}.", "{Whose} home is now in {x}.", "Today {who} works from {x}.", "{Who} settled in {x}.", "{Who} has an office in {x}.",
         "{Who} now has a house in {x}.", "These days {who} can be found in {x}."],
        ["{Who} resides in {x}.", "{Who} moved to {x} for good.", "{Whose} current address is in {x}.", "{Who} now rents a flat in {x}.", "At present {who} lives near {x}."],
        ["{Who} makes a home in {x}.", "{Whose} desk now stands in {x}."]);

    /// <summary>Where the person was born.</summary>
    public static Pool<string> Birthplace { get; } = new(
        ["{Who} was born in {x}.", "{Who} grew up in {x}.", "{Whose} parents come from {x}.", "{Who} spent a childhood in {x}.", "{Who} is a native of {x}.",
         "{Who} went to high school in {x}.", "{Whose} family is from {x}.", "{Whose} birthplace is {x}."],
        ["{Who} was raised in {x}.", "{Whose} hometown is {x}.", "{Who} came into the world in {x}.", "{Whose} early years passed in {x}.", "{Who} comes from {x}."],
        ["{Who} took first steps in {x}.", "{Whose} cradle stood in {x}."]);

    /// <summary>Where the person lived or worked before.</summary>
    public static Pool<string> FormerCity { get; } = new(
        ["{Who} used to live in {x}.", "{Who} once had a job in {x}.", "{Who} left {x} two years ago.", "{Whose} first job was in {x}.", "{Who} moved away from {x}.",
         "{Who} spent a summer in {x}.", "Before that {who} lived in {x}.", "{Who} sold a house in {x}."],
        ["{Who} formerly lived in {x}.", "{Whose} old office was in {x}.", "{Who} stayed in {x} until last year.", "{Who} was an intern in {x}.", "Earlier {who} rented a room in {x}."],
        ["{Who} said goodbye to {x} in spring.", "{Whose} last employer was in {x}."]);

    /// <summary>All kinds, for whoever wants to check them.</summary>
    public static IReadOnlyList<Pool<string>> Kinds { get; } = [University, OtherUniversity, Programming, DroppedLanguage, Home, Birthplace, FormerCity];
}
