import { describe } from 'node:test';
import { describeRestored } from './past/describe-restored.ts';
import { newFolder } from './past/restored.ts';

describe('a backup of commit 65a34327, restored on SQLite and disk', () =>
  describeRestored({ newPlace: newFolder, searches: true }));
