import { onEachStore } from './on-each-store.ts';
import { describeRescan } from './rescan.ts';

onEachStore(describeRescan);
