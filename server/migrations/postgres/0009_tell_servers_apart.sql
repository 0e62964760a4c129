-- Which of several servers makes a call; nobody knows of calls before this column.
ALTER TABLE ledger ADD COLUMN server TEXT COLLATE "C";
