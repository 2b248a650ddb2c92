/** A small collection to search in: short articles on eight topics, and one that tries to take the page over. */

const topics: { readonly [topic: string]: readonly (readonly [title: string, text: string])[] } = {
  astronomy: [
    ['How stars are born', 'A cloud of gas and dust collapses under its own gravity until the core is hot enough for hydrogen to fuse. What is left over becomes a disc in which planets form.'],
    ['The rings of Saturn', 'Billions of pieces of ice, some as small as a grain of sand and some as large as a house, circle the planet in a disc that is thinner than a hundred metres.'],
    ['Why the Moon shows one face', 'Tides slowed its rotation until one turn took as long as one orbit. Since then the same hemisphere looks at us.'],
    ['Measuring distances with parallax', 'Observed from both ends of our orbit, a nearby star shifts against the background. The angle tells how far away it is.'],
    ['Black holes and their shadows', 'Light that comes too close cannot escape. Around the dark centre a ring of bent light can be photographed with telescopes all over the world.'],
    ['Comets and their tails', 'Near the Sun ice turns to vapour and carries dust along. The tail always points away from the Sun, whatever the direction of flight.'],
  ],
  cooking: [
    ['Bread with a sourdough starter', 'Flour and water left for a week are full of wild yeast. Fed the evening before, the starter raises a loaf overnight and gives it its taste.'],
    ['Why onions make us cry', 'A cut releases an enzyme that makes an irritating gas. A sharp knife and cold onions give off less of it.'],
    ['Stock from roasted bones', 'Roast the bones until they are brown, then simmer them for six hours with carrots and celery, and never let the pot boil.'],
    ['The right heat for caramel', 'Sugar melts at 160 degrees and turns amber soon after. A few seconds later it is bitter, so take the pan off early.'],
    ['Cooking rice by absorption', 'One part of rice and one and a half of water, a lid, the lowest flame for twelve minutes, and ten more without any.'],
    ['Mayonnaise that does not split', 'Egg yolk keeps oil and lemon together if the oil comes drop by drop. A split sauce is saved by a spoonful of hot water.'],
  ],
  gardening: [
    ['Pruning apple trees in winter', 'While the tree sleeps, remove crossing and dead branches, so that light reaches the inside of the crown and fruit ripens.'],
    ['Compost without a smell', 'Mix kitchen scraps with dry leaves and turn the heap every other week: air keeps it from rotting.'],
    ['Tomatoes on a balcony', 'A deep pot, six hours of sun and regular water. Pinch out the side shoots and shake the flowers at noon.'],
    ['Slugs in the vegetable bed', 'Water in the morning rather than the evening, and lay boards on the soil: in the morning the slugs sit below them.'],
    ['Lavender from cuttings', 'Shoots without flowers, cut below a leaf in August, take root in sand within a month.'],
    ['When to sow carrots', 'From March on, in rows, in loose soil without stones. Sand among the seeds makes thinning easier.'],
  ],
  medicine: [
    ['How vaccines train the immune system', 'A harmless piece of the pathogen is enough for memory cells to form. At the next contact antibodies are there within hours.'],
    ['Resting heart rate', 'Between sixty and a hundred beats a minute are usual for adults; people who train regularly have fewer.'],
    ['Why sleep matters', 'During deep sleep the brain sorts memories and removes waste. Too little of it weakens attention and the immune response.'],
    ['Treating a mild burn', 'Cool it under running tap water for ten minutes, never with ice, and cover it with a clean cloth.'],
    ['Antibiotics and resistance', 'Bacteria that survive a treatment pass on what saved them. Against viruses such as influenza these drugs do nothing.'],
    ['Reading a blood pressure', 'The first number is the pressure while the heart contracts, the second one that between two beats.'],
  ],
  music: [
    ['What a chord is', 'Three or more notes at once. A major third below a minor one sounds bright, the other way round sad.'],
    ['Tuning a guitar by ear', 'The fifth fret of each string gives the note of the next one, but for the third string, where it is the fourth fret.'],
    ['The fugue in Bach’s works', 'A theme enters alone and is answered by a second voice a fifth higher while the first goes on against it.'],
    ['How a violin makes sound', 'The bow sticks to the string and slips hundreds of times a second; the bridge carries the vibration to the body.'],
    ['Swing and its rhythm', 'Two quavers are played long and short, and the accent moves to the second and the fourth beat.'],
    ['Why old recordings crackle', 'Dust and scratches in the groove move the needle as the music does. Filters cannot tell them apart for certain.'],
  ],
  programming: [
    ['Retrying a failed request', 'Wait twice as long after every failure, with some randomness, and give up after a few attempts. Only what can be repeated safely may be sent again.'],
    ['What a hash table costs', 'Looking a key up takes the same time however many there are, as long as the table grows before it fills.'],
    ['Garbage collection in short', 'What can no longer be reached from the roots is freed. Generations make it cheap: most objects die young.'],
    ['Finding nearest neighbours', 'A graph in which every vector knows a few near ones is walked greedily towards the query: far fewer distances are computed than there are vectors.'],
    ['Race conditions', 'Two threads read the same counter, add one and write it back: one of the increments is lost. Locks or atomic operations prevent it.'],
    ['Reading a stack trace', 'The top line is where it happened, the lines below are who called. Begin with the first line that is of your own code.'],
  ],
  sport: [
    ['The offside rule', 'A player may not be nearer to the goal line than the ball and the second last opponent when the ball is played to them.'],
    ['Training for a marathon', 'Four months, one long run a week, most of it slow enough to talk. The last three weeks become shorter.'],
    ['How a sailing boat goes upwind', 'The sail works as a wing does, and the keel turns the sideways force into one ahead. Tacking brings the boat to its goal.'],
    ['Climbing knots', 'The figure of eight ties the rope to the harness because it is easy to check and holds under load.'],
    ['Scoring in tennis', 'Fifteen, thirty, forty and game; at forty all two points in a row are needed.'],
    ['Butterfly stroke', 'Both arms swing forward over the water together while the legs kick twice, and the breath comes early.'],
  ],
  weather: [
    ['How thunder forms', 'A lightning bolt heats the air so fast that it expands with a bang. Every three seconds of delay are a kilometre.'],
    ['What makes the wind', 'Air flows from high to low pressure, and the turning Earth bends its way.'],
    ['Fog over rivers', 'Warm moist air touches cold water, and droplets float near the ground until the sun comes.'],
    ['Reading clouds', 'Thin veils from the west announce a warm front within a day; towers with flat tops mean a storm.'],
    ['Why hail grows', 'Upward winds lift frozen drops again and again, and each round adds a layer of ice.'],
    ['Measuring rain', 'One millimetre in the gauge is one litre on a square metre.'],
  ],
}; // biome-ignore format: one article a line reads as the list that it is

/** What an attacker would store: each of these must be shown as the text that it is. */
export const hostile = {
  id: 'hostile/../"><id>',
  title: '<img src=x onerror="window.attacked=1"> escaping markup',
  text: 'Escaping markup <script>window.attacked = 2</script><svg onload="window.attacked=3"> &amp; [link](javascript:window.attacked=4) must be shown, not run. \u202Etxet\u202C',
  topic: '<b onmouseover="window.attacked=5">bold</b>',
  source: 'javascript:window.attacked=6',
  year: 1999,
} as const;

/** What is posted to the service. */
export const articles = [
  ...Object.entries(topics).flatMap(([topic, entries], t) =>
    entries.map(([title, text], i) => ({
      id: `${topic}-${i + 1}`,
      title,
      text,
      topic,
      year: 2010 + ((3 * t + 5 * i) % 16),
      published: new Date(Date.UTC(2010 + ((3 * t + 5 * i) % 16), (7 * i + t) % 12, 1 + t)).toISOString(),
      illustrated: (t + i) % 3 !== 0,
      source: `https://example.org/${topic}/${i + 1}`,
    })),
  ),
  hostile,
];
