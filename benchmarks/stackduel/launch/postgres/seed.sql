-- The tables of the suites: the same rows each time, on every machine. The digits of MD5 are as good as random.
CREATE SCHEMA stackduel;
COMMENT ON SCHEMA stackduel IS 'made by stackduel';

CREATE FUNCTION stackduel.drawn(seed text) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN ('x' || left(md5(seed), 7))::bit(28)::integer;

-- TechEmpower's: as many rows, and numbers up to as many.
CREATE TABLE stackduel.world (id integer PRIMARY KEY, randomnumber integer NOT NULL);
INSERT INTO stackduel.world
SELECT id, 1 + stackduel.drawn('world ' || id) % 10000 FROM generate_series(1, 10000) AS id;

-- A list with a join.
CREATE TABLE stackduel.author (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO stackduel.author
SELECT id, 'Author ' || lpad(id::text, 3, '0') FROM generate_series(1, 200) AS id;

CREATE TABLE stackduel.article (
  id integer PRIMARY KEY,
  author_id integer NOT NULL REFERENCES stackduel.author,
  title text NOT NULL,
  published date NOT NULL,
  words integer NOT NULL
);
INSERT INTO stackduel.article
SELECT
  id,
  1 + stackduel.drawn('author ' || id) % 200,
  'On ' || left(md5('title ' || id), 12),
  date '2020-01-01' + stackduel.drawn('published ' || id) % 2000,
  200 + stackduel.drawn('words ' || id) % 1800
FROM generate_series(1, 10000) AS id;
CREATE INDEX article_newest ON stackduel.article (published DESC, id DESC);

-- Orders: what they buy, who pays, and which were taken. No run is long enough to empty an account or a stock.
CREATE TABLE stackduel.product (id integer PRIMARY KEY, price integer NOT NULL, stock bigint NOT NULL CHECK (stock >= 0));
INSERT INTO stackduel.product
SELECT id, 100 + stackduel.drawn('price ' || id) % 900, 1000000000000 FROM generate_series(1, 100) AS id;

CREATE TABLE stackduel.account (id integer PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0));
INSERT INTO stackduel.account SELECT id, 1000000000000 FROM generate_series(1, 1000) AS id;

CREATE TABLE stackduel.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text UNIQUE,
  account_id integer NOT NULL REFERENCES stackduel.account,
  product_id integer NOT NULL REFERENCES stackduel.product,
  quantity integer NOT NULL,
  total integer NOT NULL
);
