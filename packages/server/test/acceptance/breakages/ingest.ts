import { breakages } from './breakage.ts';

export const INGEST = breakages([
  ['hosts are asked that nobody named', 'createIngestHosts', "? 'public' : null", "? 'public' : 'allowed'"],
  ['a URL keeps its fragment and its credentials', 'requireFetchable', 'if (fault)', 'if (fault && reach === null)'],
  [
    'the host of a redirect is not judged',
    'createDownloads',
    'reachOf(url.hostname)',
    "reachOf(url.hostname) ?? 'public'",
  ],
  ['no redirect is followed', 'MAX_REDIRECTS', '3', '0'],
  [
    'the type of a picture is that of its name',
    'fetch-upload.ts: store',
    '    contentType,\n    fetchFrom',
    '    fetchFrom',
  ],
  ['a final failure is tried again', 'fetchClaimed', '!FOR_NOW.includes(error.fault)', 'false'],
  [
    'a fetch is no upload of its owner',
    'createFetch',
    'fetchFrom: services.ingest.sources.seal(source, id)',
    'fetchFrom: null',
  ],
  ['a batch has one result', 'receiveFetches', '[...images.entries()]', '[...images.entries()].slice(0, 1)'],
  [
    'a repeated request fetches again',
    'create-fetch.ts: fingerprintOf',
    'url: url.href',
    'url: url.href + Math.random()',
  ],
  ['the reason is not told', 'fetch-fault.ts: failed', '  params: { reason },\n', ''],
  ['the URL is the name of the picture', 'fetches.ts: filenameIn', 'typeByExtension(last) && ', ''],
]);
