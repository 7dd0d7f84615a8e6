import { openDatabase } from '../../sqlite/database.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';

/** Migrates the database of a folder; a test kills it meanwhile. Arguments: the folder, the number of steps. */
const [, , folder = '', steps] = process.argv;
using _database = openDatabase(folder, MIGRATIONS.slice(0, Number(steps)));
