"""The words of the generated files: with 256 of them, four words make 2**32 distinct sku."""


def words(text: str) -> tuple[str, ...]:
    """Split `text` into words."""
    return tuple(text.split())


WORDS = words(
    """
    able above act add age ago air all also and animal answer any apple area arm art ask away baby
    back bad bag ball bank base bath bear beat bed bell best better big bird bit black blood blue
    board boat body bone book born both bow bowl box boy bread break bright bring broad brown build
    burn busy buy cake call calm camp can car card care carry case cat catch chair chalk cheap chest
    child city clay clean clear climb clock close cloth cloud coal coat cold color come cook cool
    copper corn cost cotton count cover cow crowd cry cup current cut dance dark day deep desk dog
    door down draw dream dress drink drive drop dry dust each ear early earth east easy eat edge egg
    eight end engine enter even ever every eye face fact fall family far farm fast father feel fence
    few field fight fill find fine finger fire first fish five flag flat floor flower fly fold food
    foot force forest form four free fresh friend front fruit full game garden gate gift girl give
    glad glass goat gold good grain grass green ground group grow guide hair half hall hand happy
    hard hat head hear heart heat heavy help hill hold hole home hope horse hot hour house hundred
    hut ice idea inch iron island join jump keep key kind king kitchen knee knife lake lamp land
    large last late laugh law lay lead leaf learn left leg lend letter level lift light like line
    lion list
    """
)

FIRST_NAMES = words(
    """
    Aaron Abigail Adam Aisha Alan Alice Amir Amy Andrea Anna Anton Astrid Ben Beatriz Bryce Carla
    Carlos Chloé Clara Colin Dana Daniel David Deborah Diego Dora Edgar Elena Elif Emma Eric Esther
    Fatima Felix Fiona Frank Gabriel Gemma George Grace Hanna Harald Helen Hugo Ian Ines Iris Ivan
    Jack Jana Jérôme José Joy Julia Karl Kate Kim Kofi Lara Laura Leo Lena Liam Linda Louis Lucy
    Luis Lydia Malik Mara Marco Maria Mark Martha Mei Mia Mike Mina Nadia Nathan Nina Noah Nora
    Olga Oliver Omar Oscar Otto Pablo Paula Pedro Peter Petra Priya Quinn Rachel Rafael Rita Robert
    Rosa Ruth Ryan Samir Sara Sean Simon Sofia Stella Sven Tara Theo Thomas Tim Tina Tobias Tom Uma
    Ursula Vera Victor Wanda Will Xenia Yara Yusuf Zara Zeno Zoë Agnes Boris
    """
)

STEMS = words(
    """
    Ash Bake Bar Beck Ben Birch Black Bolt Brad Bram Brook Burn Cald Carl Carp Chand Clay Cliff Cole
    Coop Crane Dal Daw Dean Den Down Drake Dun East Ed Ell Elm Fair Far Fen Ferg Field Finch Fish
    Ford Fox Free Gar Gib Glen Gold Gran Gray Green Grif Hal Ham Hand Har Hart Haw Hazel Heath Hill
    Hol Hop Hud Hunt Jack Jam John Jon Kel Ken Kirk Knight Lam Lang Law Lee Lin Lock Long Low Mar
    Mart Mead Mil Mitch Moor Mor Nel Nor North Oak Ol Pal Park Pat Pear Pem Perk Pet Pick Port Quin
    Ram Red Reed Rich Rob Rock Rose Row Rus Sand Scot Shep Sim Smith South Spen Stan Stone Swan Tal
    Thorn Tur Wal Ward West Wil Wood Wren York
    """
)

ENDINGS = (
    "", "s", "son", "man", "er", "ers", "ley", "field", "ford", "ham", "ton", "wood", "well", "by",
    "more", "land",
)  # fmt: skip

INITIALS = ("", *(f"{letter}. " for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
