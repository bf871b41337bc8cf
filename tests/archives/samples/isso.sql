CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
CREATE TABLE comments (
    tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT NULL, modified FLOAT, mode INTEGER,
    remote_addr VARCHAR, text VARCHAR NOT NULL, author VARCHAR, email VARCHAR, website VARCHAR,
    likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL, notification INTEGER DEFAULT 0
);
INSERT INTO threads VALUES (1, '/five-years/', 'Five years after HSCT');
INSERT INTO comments VALUES (1, 1, NULL, 1551521700.5, NULL, 1, '192.0.2.0', 'Thank you, *all* of you.', 'Maya', 'maya@example.org', 'https://maya.example.org', 2, 0, x'00', 0);
INSERT INTO comments VALUES (1, 2, 1, 1551525300, NULL, 2, '192.0.2.0', 'Does it help with walking?', 'Rolf', NULL, NULL, 0, 0, x'00', 0);
INSERT INTO comments VALUES (1, 3, NULL, 1551525400, NULL, 4, '192.0.2.0', '', NULL, NULL, NULL, 0, 0, x'00', 0);
INSERT INTO comments VALUES (1, 4, 3, 1551525500, NULL, 4, '192.0.2.0', 'Rubbish, all of it.', 'Rolf', NULL, NULL, 0, 0, x'00', 0);
INSERT INTO comments VALUES (9, 5, NULL, 1551525600, NULL, 1, '192.0.2.0', 'Under no page.', 'Lena', NULL, NULL, 0, 0, x'00', 0);
