namespace RlvrSharp.Samples.Profile;

/// <summary>A city of the United States.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">The two letters of its state.</param>
internal sealed record City(string Name, string State)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}, {State}";
}

/// <summary>Cities and universities. Each stands in one split only; states are shared.</summary>
internal static class Places
{
    /// <summary>Cities, no name twice.</summary>
    public static Pool<City> Cities { get; } = new(
        In("Seattle WA", "Denver CO", "Boston MA", "Austin TX", "Miami FL", "Chicago IL", "Phoenix AZ", "Portland OR", "Atlanta GA", "Detroit MI", "Dallas TX",
            "Houston TX", "Tampa FL", "Boise ID", "Omaha NE", "Tulsa OK", "Reno NV", "Fresno CA", "Oakland CA", "Salem OR", "Tacoma WA", "Spokane WA", "Mesa AZ",
            "Tucson AZ", "Memphis TN", "Nashville TN", "Mobile AL", "Akron OH", "Toledo OH", "Dayton OH", "Buffalo NY", "Albany NY", "Newark NJ", "Trenton NJ",
            "Dover DE", "Norfolk VA", "Richmond VA", "Durham NC", "Raleigh NC", "Savannah GA", "Macon GA", "Orlando FL", "Lincoln NE", "Topeka KS", "Wichita KS",
            "Fargo ND", "Duluth MN", "Madison WI", "Provo UT", "Helena MT"),
        In("Baltimore MD", "Cleveland OH", "Pittsburgh PA", "Sacramento CA", "Oklahoma City OK", "Louisville KY", "Milwaukee WI", "Honolulu HI", "Anchorage AK",
            "Lexington KY", "Stockton CA", "Laredo TX", "Lubbock TX", "Plano TX", "Irvine CA", "Chandler AZ", "Scottsdale AZ", "Hartford CT", "Providence RI",
            "Burlington VT", "Concord NH", "Bangor ME", "Charleston SC", "Jackson MS", "Little Rock AR", "Des Moines IA", "Santa Fe NM", "Cheyenne WY"),
        In("Yakima WA", "Galveston TX", "Peoria IL", "Scranton PA", "Biloxi MS", "Eugene OR", "Pueblo CO", "Flagstaff AZ"));

    /// <summary>Universities, no name twice.</summary>
    public static Pool<string> Universities { get; } = new(
        ["University of Washington", "Stanford University", "University of Texas", "Rice University", "Cornell University", "Duke University", "Brown University",
         "Georgia Tech", "Ohio State University", "University of Oregon", "Purdue University", "University of Utah", "Boston University", "Drexel University",
         "University of Iowa", "Baylor University", "Clemson University", "Auburn University", "University of Kansas", "Emory University", "Lehigh University",
         "University of Nevada", "Temple University", "Tulane University", "University of Miami", "Virginia Tech", "Howard University", "Iowa State University",
         "University of Idaho", "Villanova University", "Caltech", "Ohio University", "Penn State University", "Texas Tech", "University of Maine",
         "Denison University", "Oberlin College", "Boston College", "Carleton College", "Grinnell College", "University of Montana", "Amherst College",
         "Vassar College", "Reed College", "Pomona College", "University of Alaska"],
        ["Princeton University", "Yale University", "University of Michigan", "Northwestern University", "Columbia University", "Kansas State University",
         "University of Arizona", "Vanderbilt University", "Tufts University", "University of Wyoming", "Michigan Tech", "Marquette University", "Fordham University",
         "University of Vermont", "Creighton University", "Gonzaga University", "Oregon State University", "University of Hawaii", "Swarthmore College",
         "Williams College", "Bowdoin College", "Harvey Mudd College", "University of Delaware", "Rutgers University", "Syracuse University", "University of Kentucky"],
        ["Butler University", "Loyola University", "Kenyon College", "Bradley University", "Whitman College", "Montana State University", "Valparaiso University", "Knox College"]);

    private static City[] In(params string[] cities) => [.. cities.Select(text => new City(text[..^3], text[^2..]))];
}
