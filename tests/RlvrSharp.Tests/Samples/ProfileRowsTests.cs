using System.Text.Json;
using RlvrSharp.Samples.Profile;

namespace RlvrSharp.Tests.Samples;

public class ProfileRowsTests
{
    [Theory]
    [InlineData("train.jsonl")]
    [InlineData("validation.jsonl")]
    [InlineData("novel.jsonl")]
    public void Committed_rows_are_what_the_generator_writes(string file)
    {
        IReadOnlyList<(string Prompt, Profile Profile)> rows = file switch
        {
            "train.jsonl" => Rows.Draw(Split.Train, 0, Rows.TrainCount),
            "validation.jsonl" => Rows.Draw(Split.Validation, 0, Rows.ValidationCount),
            _ => Rows.Draw(Split.Novel, 0, Rows.NovelCount),
        };

        Assert.Equal(File.ReadAllText(Path.Combine(SampleFolder(), file)), Rows.ToJsonl(rows));
    }

    [Fact]
    public void Every_seed_has_other_training_rows()
    {
        string[] all = [.. Enumerable.Range(0, 10).Select(seed => Rows.ToJsonl(Rows.Draw(Split.Train, (ulong)seed, Rows.TrainCount)))];

        Assert.Equal(10, all.Distinct().Count());
        Assert.All(all, rows => Assert.Equal(Rows.TrainCount, rows.Split('\n').Length - 1));
    }

    [Fact]
    public void Training_rows_of_any_seed_share_no_person_university_or_city_with_validation()
    {
        Profile[] validation = [.. Rows.Draw(Split.Validation, 0, Rows.ValidationCount).Select(row => row.Profile)];
        Profile[] novel = [.. Rows.Draw(Split.Novel, 0, Rows.NovelCount).Select(row => row.Profile)];
        Profile[] train = [.. Enumerable.Range(0, 10).SelectMany(seed => Rows.Draw(Split.Train, (ulong)seed, Rows.TrainCount)).Select(row => row.Profile)];
        foreach (Func<Profile, IEnumerable<string>> values in (Func<Profile, IEnumerable<string>>[])[
            person => [person.First.Name], person => [person.Last],
            person => [person.University, person.OtherUniversity],
            person => [person.Home.Name, person.Birthplace.Name, person.FormerCity.Name]])
        {
            HashSet<string> inTraining = [.. train.SelectMany(values)];
            HashSet<string> inValidation = [.. validation.SelectMany(values)];
            HashSet<string> inNovel = [.. novel.SelectMany(values)];
            Assert.NotEmpty(inTraining);
            Assert.Empty(inTraining.Intersect(inValidation));
            Assert.Empty(inNovel.Intersect(inTraining.Union(inValidation)));
        }
    }

    [Fact]
    public void No_sentence_or_value_stands_in_two_splits()
    {
        foreach (Pool<string> kind in (Pool<string>[])[.. Templates.Kinds, Names.Last, Places.Universities, Named(Names.First, name => name.Name), Named(Places.Cities, city => city.Name)])
        {
            string[] all = [.. kind.Train, .. kind.Validation, .. kind.Novel];
            Assert.Equal(all.Length, all.Distinct().Count());
        }
    }

    [Fact]
    public void Pretraining_sees_nothing_of_the_novel_split()
    {
        string[] novel = [.. Names.First.Novel.Select(name => name.Name), .. Names.Last.Novel, .. Places.Universities.Novel, .. Places.Cities.Novel.Select(city => city.Name)];
        for (ulong i = 0; i < 2000; i++)
        {
            Document document = Corpus.Next(0, i, i / 2000.0);
            Assert.DoesNotContain(novel, value => document.Prompt.Contains(value, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_biography_has_forty_to_sixty_words_and_all_its_distractors()
    {
        int words = 0;
        IReadOnlyList<(string Prompt, Profile Profile)> rows =
            [.. Rows.Draw(Split.Train, 3, Rows.TrainCount), .. Rows.Draw(Split.Validation, 0, Rows.ValidationCount)];
        foreach ((string prompt, Profile profile) in rows)
        {
            string text = prompt[..^Biography.Question.Length];
            words += text.Split(' ').Length;
            Assert.InRange(text.Split(' ').Length, 35, 70);
            Assert.All(
                [profile.OtherUniversity, profile.DroppedLanguage, profile.Birthplace.ToString(), profile.FormerCity.ToString()],
                distractor =>
                {
                    Assert.Contains(distractor, text, StringComparison.Ordinal);
                    Assert.NotEqual(profile.University, distractor);
                    Assert.NotEqual(profile.Home.ToString(), distractor);
                    Assert.DoesNotContain(distractor, profile.ProgrammingLanguages);
                });
            Assert.All([profile.University, profile.Home.ToString(), .. profile.ProgrammingLanguages], value => Assert.Contains(value, text, StringComparison.Ordinal));
        }

        Assert.InRange(words / (double)rows.Count, 40, 60);
    }

    [Fact]
    public void The_reference_of_a_row_is_the_answer_of_its_person()
    {
        (string prompt, Profile profile) = Rows.Draw(Split.Validation, 0, 1)[0];
        using JsonDocument row = JsonDocument.Parse(Rows.ToJsonl([(prompt, profile)]));
        JsonElement reference = row.RootElement.GetProperty("reference");

        Assert.Equal(profile.Answer(), reference.GetRawText());
        Assert.Equal(["university", "programming_languages", "city", "state"], reference.EnumerateObject().Select(field => field.Name));
        Assert.Equal(profile.Home.Name, reference.GetProperty("city").GetString());
        Assert.Equal(profile.ProgrammingLanguages, reference.GetProperty("programming_languages").EnumerateArray().Select(item => item.GetString()!));
        Assert.Equal(prompt, row.RootElement.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public void Pretraining_answers_are_as_careless_as_the_constants_say()
    {
        double careful = RightShare(Enumerable.Range(0, 4000).Select(i => Corpus.Next(1, (ulong)i, 0.2)));
        double later = RightShare(Enumerable.Range(0, 4000).Select(i => Corpus.Next(1, (ulong)i, 0.8)));

        Assert.Equal(Corpus.RightAtFirst, careful, 0.02);
        Assert.Equal(Corpus.RightLater, later, 0.03);
    }

    internal static string SampleFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RlvrSharp.sln")))
            {
                return Path.Combine(folder.FullName, "docs", "samples", "profile");
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests holds RlvrSharp.sln.");
    }

    private static double RightShare(IEnumerable<Document> documents)
    {
        Document[] biographies = [.. documents.Where(document => document.Kind is DocumentKind.Right or DocumentKind.Sloppy)];
        return biographies.Count(document => document.Kind == DocumentKind.Right) / (double)biographies.Length;
    }

    private static Pool<string> Named<T>(Pool<T> pool, Func<T, string> name) =>
        new([.. pool.Train.Select(name)], [.. pool.Validation.Select(name)], [.. pool.Novel.Select(name)]);
}
