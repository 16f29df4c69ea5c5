/*
 * Red-black trees. Every node is red or black, so that
 *
 *   - the root is black, and a red node has no red child;
 *   - every way from the root to an empty link has as many black nodes.
 *
 * So no way is more than twice as long as another. Inserting hangs in a red
 * node, which may put two red ones in a row; erasing a black one makes a way
 * short of a black node. Either is mended by recolouring, which moves the
 * trouble up, and at most three rotations, which end it.
 */
#include <rbtree.h>

static bool is_red(const rb_node_t *node)
{
    return node != NULL && node->rb_color == RB_RED;
}

/* The link that points to `node`. */
static rb_node_t **link_of(rb_node_t *node, rb_root_t *root)
{
    rb_node_t *parent = node->rb_parent;

    if (parent == NULL)
        return &root->rb_node;
    return parent->rb_left == node ? &parent->rb_left : &parent->rb_right;
}

/*
 * One side of a node, so that left and right need no code of their own.
 *
 *        node                      child
 *       /    \     rotate(node,    /   \
 *      a     child    RIGHT)     node   c
 *            /  \     ---->      /  \
 *           b    c              a    b
 */
enum side {
    LEFT,
    RIGHT
};

static rb_node_t **child_link(rb_node_t *node, enum side side)
{
    return side == LEFT ? &node->rb_left : &node->rb_right;
}

static enum side other(enum side side)
{
    return side == LEFT ? RIGHT : LEFT;
}

static enum side side_of(const rb_node_t *node)
{
    return node->rb_parent->rb_left == node ? LEFT : RIGHT;
}

/* Moves the child on `side` up into the node's place. */
static void rotate(rb_node_t *node, enum side side, rb_root_t *root)
{
    rb_node_t *child = *child_link(node, side);
    rb_node_t **inner = child_link(child, other(side));

    *link_of(node, root) = child;
    child->rb_parent = node->rb_parent;
    *child_link(node, side) = *inner;
    if (*inner != NULL)
        (*inner)->rb_parent = node;
    *inner = node;
    node->rb_parent = child;
}

void rb_insert_color(rb_node_t *node, rb_root_t *root)
{
    while (is_red(node->rb_parent)) {
        rb_node_t *parent = node->rb_parent, *top = parent->rb_parent;
        enum side side = side_of(parent);
        rb_node_t *uncle = *child_link(top, other(side));

        top->rb_color = RB_RED;
        if (is_red(uncle)) {
            parent->rb_color = RB_BLACK;
            uncle->rb_color = RB_BLACK;
            node = top;
            continue;
        }
        if (side_of(node) != side) {
            rotate(parent, other(side), root);
            parent = node;
        }
        parent->rb_color = RB_BLACK;
        rotate(top, side, root);
        break;
    }
    root->rb_node->rb_color = RB_BLACK;
}

/*
 * The ways through `parent` on `side` lack a black node: takes one from the
 * sibling's side, or moves the lack up.
 */
static void rebalance(rb_node_t *parent, enum side side, rb_root_t *root)
{
    while (parent != NULL) {
        rb_node_t *node = *child_link(parent, side);
        rb_node_t *sibling = *child_link(parent, other(side));

        if (is_red(node)) {
            node->rb_color = RB_BLACK;
            return;
        }
        if (is_red(sibling)) {
            sibling->rb_color = RB_BLACK;
            parent->rb_color = RB_RED;
            rotate(parent, other(side), root);
            sibling = *child_link(parent, other(side));
        }
        if (is_red(sibling->rb_left) || is_red(sibling->rb_right)) {
            if (!is_red(*child_link(sibling, other(side)))) {
                (*child_link(sibling, side))->rb_color = RB_BLACK;
                sibling->rb_color = RB_RED;
                rotate(sibling, side, root);
                sibling = *child_link(parent, other(side));
            }
            sibling->rb_color = parent->rb_color;
            parent->rb_color = RB_BLACK;
            (*child_link(sibling, other(side)))->rb_color = RB_BLACK;
            rotate(parent, other(side), root);
            return;
        }
        sibling->rb_color = RB_RED;
        node = parent;
        parent = node->rb_parent;
        if (parent != NULL)
            side = side_of(node);
    }
}

/* Puts `heir`, which may be NULL, into the node's place below its parent. */
static void replace(rb_node_t *node, rb_node_t *heir, rb_root_t *root)
{
    *link_of(node, root) = heir;
    if (heir != NULL)
        heir->rb_parent = node->rb_parent;
}

/* The node with two children changes places with the next one, which has no
 * left child. */
static void swap_with_next(rb_node_t *node, rb_root_t *root)
{
    rb_node_t *next = node->rb_right;
    rb_node_t old = *node;

    while (next->rb_left != NULL)
        next = next->rb_left;
    *link_of(node, root) = next;
    node->rb_color = next->rb_color;
    node->rb_left = NULL;
    node->rb_right = next->rb_right;
    if (node->rb_right != NULL)
        node->rb_right->rb_parent = node;
    if (next == old.rb_right) {
        next->rb_right = node;
        node->rb_parent = next;
    } else {
        next->rb_parent->rb_left = node;
        node->rb_parent = next->rb_parent;
        next->rb_right = old.rb_right;
        next->rb_right->rb_parent = next;
    }
    next->rb_left = old.rb_left;
    next->rb_left->rb_parent = next;
    next->rb_parent = old.rb_parent;
    next->rb_color = old.rb_color;
}

void rb_erase(rb_node_t *node, rb_root_t *root)
{
    rb_node_t *parent, *child;
    enum side side = LEFT;

    if (node->rb_left != NULL && node->rb_right != NULL)
        swap_with_next(node, root);
    child = node->rb_left != NULL ? node->rb_left : node->rb_right;
    parent = node->rb_parent;
    if (parent != NULL)
        side = side_of(node);
    replace(node, child, root);
    if (node->rb_color == RB_RED)
        return;
    if (parent == NULL && child != NULL)
        child->rb_color = RB_BLACK;
    rebalance(parent, side, root);
}
