CREATE TABLE product (
    id integer PRIMARY KEY,
    name text NOT NULL,
    cents bigint NOT NULL,
    stock bigint NOT NULL CHECK (stock >= 0)
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What the customer sends as `Idempotency-Key`. An order that is sent again finds this row.
    key uuid UNIQUE,
    customer integer NOT NULL,
    basket uuid NOT NULL
);

CREATE TABLE order_line (
    order_id bigint NOT NULL REFERENCES orders,
    product integer NOT NULL REFERENCES product,
    quantity integer NOT NULL CHECK (quantity > 0)
);
CREATE INDEX ON order_line (order_id);

-- Orders that the warehouse does not know yet. They are written with the order, in one transaction.
CREATE TABLE outbox (
    order_id bigint PRIMARY KEY REFERENCES orders
);

INSERT INTO product (id, name, cents, stock) VALUES
    (1, 'Kettle', 3490, 1000000),
    (2, 'Teapot', 2850, 1000000),
    (3, 'Cup', 690, 1000000),
    (4, 'Saucer', 450, 1000000),
    (5, 'Strainer', 990, 1000000),
    (6, 'Tea cosy', 1490, 1000000),
    (7, 'Caddy', 1290, 1000000),
    (8, 'Assam, 250 g', 1150, 1000000),
    (9, 'Sencha, 100 g', 1390, 1000000),
    (10, 'Rooibos, 250 g', 890, 1000000),
    (11, 'Honey', 750, 1000000),
    (12, 'Hand-painted cup', 4900, 20);
