# SPDX-License-Identifier: GPL-3.0-or-later
"""German: what the tab, the menus and the reports say."""

GERMAN = {
    # the tab
    "Contact": "Kontakt",
    "Look Up Shot": "Einstellung nachschlagen",
    "Describe Shot": "Einstellung beschreiben",
    "Regenerate Contact Shot": "Kontakt neu erzeugen",
    "Splice Seconds": "Sekunden einfügen",
    "Revert Shot": "Original zeigen",
    "Break Coverage": "In Einzelne auflösen",
    "Pull Alternate": "Alternative zeigen",
    "Next Alternate": "Nächste Alternative",
    "Previous": "Vorige",
    "Next": "Nächste",
    "More": "Mehr",
    "Show Takes": "Takes zeigen",
    "Review Takes…": "Takes sichten…",
    "Lock Character": "Figur festlegen",
    "Lock Character from Frame": "Figur aus diesem Bild festlegen",
    "Mark Second": "Sekunde beurteilen",
    "Cancel": "Abbrechen",
    "Agree to the Price": "Preis annehmen",
    "Do Not Spend": "Nicht ausgeben",
    "Making takes…": "Takes entstehen…",
    "Offline: paid generators need Online Access": "Offline: bezahlte Erzeuger brauchen Netzzugang",
    "Open Preferences": "Einstellungen öffnen",
    "Seconds that do not hold: {left}": "Sekunden, die nicht halten: {left}",
    "Spend {usd:.2f} USD": "{usd:.2f} USD ausgeben",
    # why a button is grey
    "This sequencer shows no scene; choose one in its header.": (
        "Dieser Sequenzer zeigt keine Szene; oben eine wählen."
    ),
    "Select a movie or image strip.": "Einen Film- oder Bildstreifen wählen.",
    "Save the .blend first: takes are kept beside it.": (
        "Erst die .blend speichern: die Takes liegen neben ihr."
    ),
    "No strip of this scene misses its media.": "Keinem Streifen dieser Szene fehlt etwas.",
    # fields
    "Prompt": "Was geschieht",
    "Left": "Links",
    "Right": "Rechts",
    "Place": "Ort",
    "Props": "Requisiten",
    "From": "Von",
    "To": "Bis",
    "Takes": "Takes",
    "Generator": "Erzeuger",
    "Budget": "Budget",
    "Keep Takes": "Takes aufheben",
    "In the Strip": "Im Streifen",
    "In a Meta Strip": "In einem Metastreifen",
    "From Second": "Ab Sekunde",
    "Before Second": "Vor Sekunde",
    "Held": "Hält",
    "Failed": "Hält nicht",
    "As Judged": "Wie beurteilt",
    "Because": "Weil",
    "What goes wrong in a second that fails": "Was in dieser Sekunde schiefgeht",
    "No Reason": "Kein Grund",
    "Limb on the Wrong Body": "Arm oder Bein am falschen Körper",
    "Costume Bleeds": "Kostüm färbt ab",
    "Prop Passes Through": "Requisit dringt durch",
    "Identities Swap": "Personen vertauscht",
    "Pops In and Out": "Verschwindet und springt",
    "{second}s fails because…": "{second} s hält nicht, weil …",
    # what is going on
    "Asking the engine…": "Die Maschine wird gefragt…",
    "Looking up the shot…": "Die Einstellung wird nachgeschlagen…",
    "Describing the shot…": "Die Einstellung wird beschrieben…",
    "Working it out…": "Wird ausgerechnet…",
    "Planning…": "Wird geplant…",
    "Stopping…": "Wird angehalten…",
    "Opening the review page…": "Die Sichtung öffnet sich…",
    "Taking the look…": "Das Aussehen wird aufgenommen…",
    "The shot is described.": "Die Einstellung ist beschrieben.",
    "The review page is open in the browser.": "Die Sichtung ist im Browser offen.",
    "{name} is locked.": "{name} ist festgelegt.",
    "A take of '{clip}' is here": "Ein Take von '{clip}' ist da",
    "{count} takes of '{clip}' are here": "{count} Takes von '{clip}' sind da",
    "Pull {take} into '{clip}'": "{take} in '{clip}' zeigen",
    "Revert '{clip}'": "Original in '{clip}' zeigen",
    "Splice '{clip}' from {words}": "'{clip}' aus {words} einfügen",
    ", in the strip: {why}, and a meta strip would part them": (
        ", im Streifen: {why}, und ein Metastreifen trennte sie"
    ),
    # why not
    "'{name}' is locked; unlock it first.": "'{name}' ist gesperrt; erst entsperren.",
    "'{name}' is no movie strip; render it to a movie, or put the take above it.": (
        "'{name}' ist kein Filmstreifen; zu einem Film rendern oder den Take darüberlegen."
    ),
    "'{name}' works on '{strip}'; put both into a meta strip first.": (
        "'{name}' wirkt auf '{strip}'; erst beide in einen Metastreifen legen."
    ),
    "'{name}' is not in the timeline; show it and try again.": (
        "'{name}' ist nicht in der Sequenz; zeigen und noch einmal versuchen."
    ),
    "{media} is not there; regenerate the take or find the file.": (
        "{media} ist nicht da; den Take neu erzeugen oder die Datei suchen."
    ),
    "The strip of '{clip}' is gone; bring it back with Ctrl+Z and try again.": (
        "Der Streifen von '{clip}' ist weg; mit Strg+Z zurückholen und noch einmal versuchen."
    ),
    "Blender broke off ({said}); press Ctrl+Z once to be as before.": (
        "Blender hat abgebrochen ({said}); einmal Strg+Z, und alles ist wie zuvor."
    ),
    "{provider} needs Online Access (Preferences > System)": (
        "{provider} braucht Netzzugang (Einstellungen > System)"
    ),
    # in and out
    "Export OpenTimelineIO": "OpenTimelineIO exportieren",
    "Import OpenTimelineIO": "OpenTimelineIO importieren",
    "Find Missing Media…": "Fehlende Medien suchen…",
    "Relative Paths": "Relative Pfade",
    "Scene Range Only": "Nur der Bereich der Szene",
    "Rate": "Bildrate",
    "Set Scene Rate": "Bildrate der Szene setzen",
    "Wrote {name}": "{name} geschrieben",
    "Read {name}": "{name} gelesen",
    "{done}; nothing was lost": "{done}; nichts ging verloren",
    "{done}; {lost} remarks are in the text '{text}'": (
        "{done}; {lost} Anmerkungen stehen im Text '{text}'"
    ),
    "{done} strips show their media again, {left} still miss theirs": (
        "{done} Streifen zeigen ihre Medien wieder, {left} fehlen sie noch"
    ),
}
"""Ours: theirs, with the same facts in braces."""
