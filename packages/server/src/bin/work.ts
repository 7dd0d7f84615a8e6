// A worker of its own has work where records are in DynamoDB; SQLite is one process's, and that one works too.
console.log('Nothing to start: with records in SQLite, npm start does the background work itself.');
