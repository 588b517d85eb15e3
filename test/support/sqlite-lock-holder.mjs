// Holds the write lock of a database in rollback-journal mode, says so, and lets go of it after so many milliseconds by
// itself, since the parent stands still while it waits for the lock.
import Database from 'libsql';

const [path, holdMs] = process.argv.slice(2);
// It waits for readers when it commits: in this journal mode even an attempt to change the mode is one for a moment.
const database = new Database(path, { timeout: 20_000 });
database.exec('CREATE TABLE IF NOT EXISTS product (id INTEGER)');
database.exec('BEGIN IMMEDIATE; INSERT INTO product VALUES (7)');
process.send('held');
setTimeout(() => {
  database.exec('COMMIT');
  process.exit();
}, Number(holdMs));
