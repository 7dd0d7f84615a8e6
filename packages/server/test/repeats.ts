/**
 * Every repeat count of the tests: rounds of races and kills, seconds of soak, runs of fuzzers and properties; the long
 * tier repeats four times as often. `REPEATS=2` multiplies all of them and picks a new seed, which a failure prints;
 * `SEED=7` sets it. `REPEATS=0` does everything once: with `SEED` it replays one file of a fuzzer.
 */
interface Row {
  readonly count: number;
  /** The seed of a usual run. A row without one always has seed 1. */
  readonly seed?: number;
}

const TABLE = {
  // Races: rounds of each, on one service.
  races: { count: 3, seed: 20_260_417 },
  fleetRaces: { count: 2, seed: 20_260_417 },
  putRaces: { count: 5 },
  changeRaces: { count: 10 },
  firstPutRaces: { count: 40 },
  completionRaces: { count: 3 },
  overwriteRaces: { count: 10 },
  folderRaces: { count: 40 },
  listRaces: { count: 100 },
  cacheRaces: { count: 50 },

  // Kills and faults: the number of kills, and of runs of each cell of a fault matrix.
  kills: { count: 3, seed: 20_260_417 },
  fleetKills: { count: 2, seed: 20_260_417 },
  trashKills: { count: 2, seed: 20_260_417 },
  fleetTrashKills: { count: 1, seed: 20_260_417 },
  quotaKills: { count: 2, seed: 20_260_417 },
  fleetQuotaKills: { count: 1, seed: 20_260_417 },
  albumKills: { count: 2, seed: 20_260_417 },
  gateKills: { count: 2, seed: 20_260_417 },
  fleetGateKills: { count: 1, seed: 20_260_417 },
  replaceKills: { count: 3, seed: 20_261_130 },
  fleetReplaceKills: { count: 2, seed: 20_261_130 },
  partKills: { count: 5, seed: 20_261_201 },
  renderKills: { count: 1 },
  /** CI runs a part of each matrix; the long tier, with its four times the rounds, runs all cases once. */
  faultMatrices: { count: 0.25 },
  arrivals: { count: 1, seed: 20_260_417 },

  // Requests of one person: REPEATS=40 sends 2,000 uploads to a library of 20,000, and the tiles of an hour of
  // scrolling.
  libraryImages: { count: 500 },
  folderUploads: { count: 50 },
  tilesOfAnHour: { count: 2_750 },

  // Seconds of load.
  soakSeconds: { count: 60, seed: 20_261_120 },
  mixedVersionsSeconds: { count: 6, seed: 20_260_417 },

  // Fuzzers: requests, files, files, recipes of each kind of file.
  fuzzedRequests: { count: 1_500, seed: 20_261_129 },
  viewerRequests: { count: 10_000, seed: 20_261_128 },
  fuzzedStructures: { count: 75, seed: 20_261_121 },
  mutatedHeics: { count: 3_000, seed: 20_261_126 },
  /** A usual run takes 200 of these, the long tier 3,000. */
  decodedHeics: { count: 750, seed: 20_261_126 },
  mutatedFacts: { count: 3_000, seed: 20_261_128 },
  mutatedTiffs: { count: 750, seed: 20_261_127 },
  fuzzedRenditions: { count: 25, seed: 20_261_120 },
  renderedRecipes: { count: 30 },
  // Of all kinds of originals together; with REPEATS=28 more than 2,000 of them can be made from the copy.
  transformsOfCopies: { count: 240 },

  // Properties: runs of each; `properties` is for those without a row of their own.
  properties: { count: 100 },
  eventInterleavings: { count: 1, seed: 20_261_126 },
  listModels: { count: 25 },
  itemKeys: { count: 5_000 },
  idRanges: { count: 2_000 },
  isoTimes: { count: 2_000 },
  changedUrls: { count: 2_000 },
  changedTokens: { count: 1_000 },
  changedLinks: { count: 1_000 },
  arbitraryUrls: { count: 1_000 },
  addressSpellings: { count: 2_000 },
  signedUrls: { count: 300 },
  signingWindows: { count: 500 },
  cutForms: { count: 300 },
  byteRanges: { count: 1_000 },
  objectKeys: { count: 500 },
  dispositions: { count: 500 },
} as const satisfies Record<string, Row>;

const { REPEATS, SEED } = process.env;

/** Each run equals the one before. */
export const IS_USUAL = REPEATS === undefined && SEED === undefined;

export const FACTOR = factorIn(REPEATS ?? '1');

export interface Repeats {
  readonly count: number;
  readonly seed: number;
}

export function repeatsOf(name: keyof typeof TABLE): Repeats {
  const { count, seed }: Row = TABLE[name];
  const drawn = seed !== undefined && REPEATS !== undefined ? Date.now() % 2 ** 31 : seed;
  return { count: Math.max(1, Math.round(count * FACTOR)), seed: Number(SEED ?? drawn ?? 1) };
}

export function factorIn(text: string): number {
  const factor = Number(text);
  if (text.trim() !== '' && factor >= 0 && Number.isFinite(factor)) return factor;
  throw new Error(`expected REPEATS to be a number from 0; got ${JSON.stringify(text)}`);
}
