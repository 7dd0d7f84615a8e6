/** Tags of TIFF 6.0, its supplements, DNG and TIFF/EP. */
export const TAG = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  make: 271,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  groupThreeOptions: 292,
  fillOrder: 266,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  subDirectories: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  chromaSubsampling: 530,
  profile: 34_675,
  dngVersion: 50_706,
} as const;

export const COMPRESSION = {
  none: 1,
  faxRows: 2,
  faxGroup3: 3,
  faxGroup4: 4,
  lzw: 5,
  jpeg: 7,
  deflate: 8,
  packBits: 32_773,
  oldDeflate: 32_946,
} as const;

/** Whether the service shows pictures of this compression. */
export const isKnownCompression = (value: number): boolean => Object.values<number>(COMPRESSION).includes(value);

const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'old-style JPEG (6)',
  9: 'JBIG',
  10: 'JBIG',
  32767: "Sony's raw compression",
  32769: 'packed raw data',
  32771: 'CCITT RLE of whole words',
  32809: 'ThunderScan',
  32908: 'PixarFilm',
  32909: 'PixarLog',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34713: "Nikon's raw compression",
  34887: 'LERC',
  34892: 'lossy JPEG of a DNG',
  34925: 'LZMA',
  34927: 'WebP',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
  65000: "Kodak's raw compression",
  65535: "Pentax's raw compression",
};

export const compressionName = (value: number): string => OTHER_COMPRESSIONS[value] ?? `compression ${value}`;

export const PHOTOMETRIC = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  separated: 5,
  yCbCr: 6,
  lab: 8,
  colorFilterArray: 32_803,
  linearRaw: 34_892,
} as const;

const OTHER_PHOTOMETRICS: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  9: 'ICC Lab',
  10: 'ITU Lab',
  32844: 'LogL',
  32845: 'LogLuv',
};

export const photometricName = (value: number): string => OTHER_PHOTOMETRICS[value] ?? `photometric ${value}`;
